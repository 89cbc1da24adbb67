// mozjpeg's decoder as WebAssembly, four times as fast as the runtime's own. It reads its module from
// a file, so it is for the command lines; mod.ts does without.
export { default as mozjpegDecode } from "npm:@jsquash/jpeg@1.6.0/decode.js";
