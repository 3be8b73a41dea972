// What the build makes of the composed component: jco's JavaScript and the core modules beside it.
declare module "kalends:component" {
  import type { Exports } from "./kalends.ts";

  /** The core modules by the names that `instantiate` asks for. */
  export const modules: Record<string, WebAssembly.Module>;

  /** Makes an instance of the component. Imports go by interface name without a version (`wasi:io/streams`). */
  export function instantiate(
    coreModule: (name: string) => WebAssembly.Module,
    imports: Record<string, object>,
    instantiateCore: (module: WebAssembly.Module, imports: WebAssembly.Imports) => WebAssembly.Instance,
  ): Exports | Promise<Exports>;
}
