// Other people's JPEG decoders, to measure against (bench/ only).

export { decode as jpegJsDecode } from "npm:jpeg-js@0.4.4";
