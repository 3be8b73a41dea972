// Makes the Worker from the composed component: jco turns it into JavaScript and core modules, esbuild puts that and
// src/ into dist/.
//
//     KALENDS_COMPONENT=component.wasm node build.mjs
//
// KALENDS_WORKER names another directory for dist/ and generated/ than this one.

import { transpile } from "@bytecodealliance/jco-transpile";
import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const here = import.meta.dirname;
const component = resolve(process.env.KALENDS_COMPONENT ?? join(here, "../../target/kalends/cloudflare.wasm"));
const output = resolve(process.env.KALENDS_WORKER ?? here);
const generated = join(output, "generated");
const dist = join(output, "dist");

/** Imports that wait for the platform: the component is suspended meanwhile. */
const SUSPENDING = {
  "kalends:dav/d1@0.1.0": ["batch"],
  "kalends:dav/r2@0.1.0": ["get", "put", "delete"],
  "kalends:dav/kv@0.1.0": ["get", "put", "delete"],
};

/** Writes jco's output into generated/, and index.js beside it, which names the core modules. */
async function transpileComponent() {
  const { files } = await transpile(component, {
    name: "component",
    instantiation: "async",
    asyncMode: "jspi",
    asyncImports: Object.entries(SUSPENDING).flatMap(([name, functions]) => functions.map((it) => `${name}#${it}`)),
    asyncExports: ["kalends:dav/handler@0.1.0#handle"],
    emitTypescriptDeclarations: false,
    // Components copy what they hand over from one memory to the other. Without this every single octet of it is a call
    // or two of JavaScript.
    multiMemory: true,
    wasiShim: false,
    nodejsCompat: false,
    base64Cutoff: 0,
    outDir: generated,
  });
  await rm(generated, { recursive: true, force: true });
  await mkdir(generated, { recursive: true });
  const modules = [];
  for (const [path, content] of Object.entries(files)) {
    const name = basename(path);
    if (name.endsWith(".d.ts")) continue;
    if (!name.endsWith(".js")) modules.push(name);
    await writeFile(join(generated, name), name.endsWith(".js") ? mend(content) : content);
  }
  await writeFile(join(generated, "index.js"), index(modules));
}

/** What is put in the place of what jco writes, and why. */
const MENDS = [
  // After a trap, the wrapper of a synchronous export returns a promise that nothing settles: the request would hang.
  [/return task\.completionPromise\(\);(?=\s*\}\s*var )/g, "throw err;"],
  // A byte order mark at the beginning of a text is left out, and bodies that somebody has stored may have one.
  [/new TextDecoder\(\)/g, 'new TextDecoder("utf-8", { ignoreBOM: true })'],
];

/** Mends jco's output, and sees to it that nothing is compiled while a request is served: workerd refuses that. */
function mend(content) {
  const javascript = Buffer.from(content).toString();
  if (/new\s+WebAssembly\s*\.\s*Module\s*\(/.test(javascript)) throw new Error("this version of jco compiles a module within instantiate()");
  return MENDS.reduce((mended, [found, replacement]) => {
    if (mended.search(found) < 0) throw new Error(`this version of jco writes nothing like ${found}: look at it anew`);
    return mended.replace(found, replacement);
  }, javascript);
}

function index(modules) {
  return [
    'export { instantiate } from "./component.js";',
    ...modules.map((name, position) => `import module${position} from "./${name}";`),
    `export const modules = { ${modules.map((name, position) => `"${name}": module${position}`).join(", ")} };`,
    "",
  ].join("\n");
}

/** Bundles src/worker.ts into dist/worker.js, with the core modules as files beside it. */
async function bundle() {
  await rm(dist, { recursive: true, force: true });
  await build({
    entryPoints: [join(here, "src/worker.ts")],
    outdir: dist,
    bundle: true,
    format: "esm",
    target: "es2024",
    platform: "neutral",
    minify: true,
    pure: ["_debugLog"],
    logLevel: "warning",
    alias: { "kalends:component": join(generated, "index.js") },
    plugins: [besideTheBundle],
  });
}

/** Leaves imports of .wasm files alone: the platform compiles these ahead of time (rule `CompiledWasm`). */
const besideTheBundle = {
  name: "core-modules",
  setup({ onResolve, onEnd }) {
    const modules = new Set();
    onResolve({ filter: /\.wasm$/ }, ({ path }) => {
      modules.add(basename(path));
      return { path: `./${basename(path)}`, external: true };
    });
    onEnd(async () => {
      for (const name of modules) await writeFile(join(dist, name), await readFile(join(generated, name)));
    });
  },
};

/** How large the Worker is, as it is and as Cloudflare counts it. */
async function sizes() {
  const contents = await Promise.all((await readdir(dist)).map((name) => readFile(join(dist, name))));
  const kib = (lengths) => `${Math.ceil(lengths.reduce((sum, length) => sum + length, 0) / 1024)} KiB`;
  return `${kib(contents.map((it) => it.length))}, ${kib(contents.map((it) => gzipSync(it).length))} compressed`;
}

execFileSync(process.execPath, [join(here, "node_modules/typescript/bin/tsc"), "--noEmit", "--project", here], { stdio: "inherit" });
await transpileComponent();
await bundle();
console.log(`${dist}: ${await sizes()}`);
