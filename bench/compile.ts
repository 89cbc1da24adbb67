/**
 * Compiles a piece of AssemblyScript that a benchmark is made of.
 *
 * @module
 */
import { asc } from "../lib/deps/assemblyscript.ts";

/** Build → the WebAssembly features it may use. */
export const FEATURES = { relaxed: "simd,relaxed-simd", simd: "simd" } as const;

/** See {@linkcode FEATURES}. */
export type Build = keyof typeof FEATURES;

/** The module of a source; `null` where this runtime cannot run the build. */
export async function compile(source: string, build: Build): Promise<WebAssembly.Module | null> {
  let bytes: Uint8Array<ArrayBuffer> | undefined;
  const { error, stderr } = await asc([
    "source.ts",
    "-O3",
    "--noAssert",
    "--runtime=stub",
    `--enable=${FEATURES[build]}`,
    "--outFile=module.wasm",
  ], {
    readFile: (name) => name === "source.ts" ? source : null,
    writeFile: (name, contents) => {
      if (name === "module.wasm") bytes = new Uint8Array(contents as Uint8Array<ArrayBuffer>);
    },
    listFiles: () => [],
  });
  if (error || !bytes) throw new Error(`Cannot compile a benchmark: ${stderr}`, { cause: error });
  return WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : null;
}
