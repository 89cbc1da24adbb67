/**
 * Compiles `lib/kernels/assembly/` to the two embedded modules beside it. The output depends on the
 * sources and the pinned compiler alone, so a rebuild that differs means that one was not committed.
 *
 * Run with `deno task kernels`.
 *
 * @module
 */
import { asc } from "../../deps/assemblyscript.ts";

const kernels = new URL("../../kernels/", import.meta.url);
const folder = new URL("assembly/", kernels);

/** Build → the WebAssembly features it may use. */
const BUILDS = { relaxed: "simd,relaxed-simd", simd: "simd" };

async function compile(features: string): Promise<Uint8Array<ArrayBuffer>> {
  let module: Uint8Array<ArrayBuffer> | undefined;
  const { error, stderr } = await asc([
    "index.ts",
    "-O3",
    "--noAssert",
    "--runtime=stub",
    "--importMemory",
    "--noExportMemory",
    `--enable=${features}`,
    "--disableWarning=112", // "v128 exchange": vectors pass between our own files only
    "--outFile=module.wasm",
  ], {
    readFile: (name) => {
      const file = new URL(name, folder);
      return Deno.readTextFile(file).catch(() => null);
    },
    writeFile: (name, contents) => {
      if (name === "module.wasm") module = new Uint8Array(contents as Uint8Array<ArrayBuffer>);
    },
    listFiles: () => [],
  });
  const messages = stderr.toString();
  if (error || messages || !module) {
    throw new Error(`Cannot compile ${folder}: ${messages}`, { cause: error });
  }
  return module;
}

for (const [name, features] of Object.entries(BUILDS)) {
  const module = await compile(features);
  const file = new URL(`embedded_${name}.ts`, kernels);
  await Deno.writeTextFile(
    file,
    `// Written by "deno task kernels" from lib/kernels/assembly: do not edit.\n` +
      `/** The kernels built with "${features}": a WebAssembly module, base64. */\n` +
      `export const ${name}Module: string =\n  "${module.toBase64()}";\n`,
  );
  console.log(`${name}: ${module.length} bytes`);
}
