// wasi:filesystem 0.2: there are no files.

/** Nothing is mounted, so no descriptor is ever made and none of its functions is ever called. */
class Descriptor {}

class DirectoryEntryStream {}

/** The `wasi:filesystem` interfaces, by name. */
export function filesystem(): Record<string, object> {
  return {
    "wasi:filesystem/preopens": { getDirectories: (): [Descriptor, string][] => [] },
    "wasi:filesystem/types": { Descriptor, DirectoryEntryStream, filesystemErrorCode: () => undefined },
  };
}
