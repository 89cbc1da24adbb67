// Other people's JPEG decoders, to measure against (bench/ only).

export { decode as jpegJsDecode } from "npm:jpeg-js@0.4.4";
export { default as jsquashDecode } from "npm:@jsquash/jpeg@1.6.0/decode.js";
