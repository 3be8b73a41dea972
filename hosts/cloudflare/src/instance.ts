// One instance of the composed component.
//
// jco suspends a call that waits for D1, R2 or KV by JSPI, which switches the engine's stack but not the one that LLVM keeps in linear memory: a second
// call into an instance whose first one is suspended would write over it. So an instance serves one request at a time; the pool sees to that.

import { instantiate, modules } from "kalends:component";
import { d1 } from "./d1.ts";
import type { Exchange } from "./exchange.ts";
import type { Exports, Request, Response } from "./kalends.ts";
import { kv } from "./kv.ts";
import { r2 } from "./r2.ts";
import { settings } from "./settings.ts";
import { wasi } from "./wasi/imports.ts";

/** An instance of the composed component, all of its core instances and their memories. */
export class Instance {
  #exports: Exports | undefined;
  #exchange: Exchange | undefined;
  readonly #memories: WebAssembly.Memory[] = [];

  /** Makes one. Only within a request: WASI's random numbers are refused outside. */
  static async make(): Promise<Instance> {
    const instance = new Instance();
    instance.#exports = await instantiate(coreModule, instance.#imports(), (module, imports) => instance.#core(module, imports));
    return instance;
  }

  /** Answers one request. Throws where the component trapped; the instance is of no use then. */
  async handle(request: Request, exchange: Exchange): Promise<Response> {
    if (this.#exports === undefined || this.#exchange !== undefined) throw new Error("the instance is not free");
    this.#exchange = exchange;
    const response = await this.#exports["kalends:dav/handler@0.1.0"].handle(request);
    this.#exchange = undefined;
    return response;
  }

  /** Octets of its linear memories, which grow with the largest request so far and never shrink; or as many as the request that it serves will come to. */
  get memory(): number {
    const now = this.#memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
    return Math.max(now, this.#exchange?.expected ?? 0);
  }

  #imports(): Record<string, object> {
    const current = () => {
      if (this.#exchange === undefined) throw new Error("an import was called outside of a request");
      return this.#exchange;
    };
    return {
      ...wasi(),
      "kalends:dav/d1": d1(current),
      "kalends:dav/r2": r2(current),
      "kalends:dav/kv": kv(current),
      "kalends:dav/settings": settings(current),
    };
  }

  #core(module: WebAssembly.Module, imports: WebAssembly.Imports): WebAssembly.Instance {
    const core = new WebAssembly.Instance(module, imports);
    for (const item of Object.values(core.exports)) {
      if (item instanceof WebAssembly.Memory) this.#memories.push(item);
    }
    return core;
  }
}

function coreModule(name: string): WebAssembly.Module {
  const module = modules[name];
  if (module === undefined) throw new Error(`the build has no core module ${name}`);
  return module;
}
