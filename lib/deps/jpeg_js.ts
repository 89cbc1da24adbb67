// A JPEG decoder in plain JavaScript, for runtimes that decode no images (in bundles only).
export { decode as jpegJsDecode } from "npm:jpeg-js@0.4.4";
