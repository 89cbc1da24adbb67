/**
 * Rolls the types of `mod.ts` up into one file: for `deno task bundle`, and reached from nowhere else.
 * The build of Rollup that is WebAssembly, because the other one is a native add-on.
 */
export { rollup } from "npm:@rollup/wasm-node@4.52.5";
export { dts } from "npm:rollup-plugin-dts@6.2.3";
