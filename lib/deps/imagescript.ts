// The parts of imagescript that write files, each by its own path: the package's main module would
// load a native add-on. These need no permission; the WebAssembly module is imported as code.

// @ts-types="./imagescript_jpeg.d.ts"
export * as jpegWasm from "npm:imagescript@1.3.1/wasm/any/jpeg.wasm";

// @ts-types="./imagescript_png.d.ts"
export { encode as pngEncode } from "npm:imagescript@1.3.1/png/src/png.mjs";
