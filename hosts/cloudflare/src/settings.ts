// The `settings` import: variables and secrets of the Worker.

import type { Current, Env } from "./exchange.ts";

/** The value of setting `name`: the variable or secret of that name in upper case; none where it is not set or is empty. */
export function setting(env: Env, name: string): string | undefined {
  const value = env[name.toUpperCase()];
  switch (typeof value) {
    case "string":
      return value === "" ? undefined : value;
    case "number":
    case "boolean":
      return String(value);
    default:
      return undefined;
  }
}

/** Makes the `settings` import. */
export function settings(current: Current) {
  return { get: (name: string) => setting(current().env, name) };
}
