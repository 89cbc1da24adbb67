/**
 * Compiles `lib/kernels/assembly/` (training) and `lib/engine/assembly/` (inference) to two embedded
 * modules each, beside them. The output depends on the sources and the pinned compiler alone, so a
 * rebuild that differs means that one was not committed.
 *
 * Run with `deno task kernels`.
 *
 * @module
 */
import { asc } from "../../deps/assemblyscript.ts";
import { LEAST_PAGES } from "../../engine/memory.ts";

const lib = new URL("../../", import.meta.url);

/**
 * Folders whose `assembly/index.ts` names the exports of a module → how hard to optimise. From 3 on
 * multiply-adds that follow each other are drawn together, whose operands then need more registers
 * than there are.
 */
const OPTIMIZATION = { kernels: 3, engine: 2 } as const;

type Folder = keyof typeof OPTIMIZATION;

/** Build → the WebAssembly features it may use. */
const BUILDS = { relaxed: "simd,relaxed-simd", simd: "simd" };

async function compile(folder: Folder, features: string): Promise<Uint8Array<ArrayBuffer>> {
  let module: Uint8Array<ArrayBuffer> | undefined;
  const { error, stderr } = await asc([
    `${folder}/assembly/index.ts`,
    `-O${OPTIMIZATION[folder]}`,
    "--noAssert",
    "--runtime=stub",
    "--importMemory",
    "--noExportMemory",
    `--initialMemory=${LEAST_PAGES}`,
    `--enable=${features}`,
    "--disableWarning=112", // "v128 exchange": vectors pass between our own files only
    "--outFile=module.wasm",
  ], {
    readFile: (name) => {
      return Deno.readTextFile(new URL(name, lib)).catch(() => null);
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

for (const folder of Object.keys(OPTIMIZATION) as Folder[]) {
  for (const [name, features] of Object.entries(BUILDS)) {
    const module = await compile(folder, features);
    await Deno.writeTextFile(
      new URL(`${folder}/embedded_${name}.ts`, lib),
      `// Written by "deno task kernels" from lib/${folder}/assembly: do not edit.\n` +
        `/** The kernels built with "${features}": a WebAssembly module, base64. */\n` +
        `export const ${name}Module: string =\n  "${module.toBase64()}";\n`,
    );
    console.log(`lib/${folder}, ${name}: ${module.length} bytes`);
  }
}
