/**
 * Image files in, pixels out, for command lines and trainings, where files can be read: JPEG by a
 * decoder that is several times as fast as the runtime's (`bench/jpeg_decoders.ts`).
 *
 * @module
 */
import { mozjpegDecode } from "../deps/jsquash_jpeg.ts";
import type { Image } from "../image/image.ts";
import { asciiAt, JPEG_APP2, jpegSegments } from "./containers.ts";
import { checkFile, decodeImage, type DecodeOptions } from "./decode.ts";
import { sniffSize } from "./sniff.ts";

/** As `decodeImage`, but quick about JPEG. */
export async function decodePhoto(
  bytes: Uint8Array<ArrayBuffer>,
  options: DecodeOptions = {},
): Promise<Image> {
  const isJpeg = checkFile(bytes, options) === "JPEG";
  if (!isJpeg || hasColourProfile(bytes) || isHuge(bytes)) return decodeImage(bytes, options);
  try {
    const buffer = bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
    return withoutAlpha(
      await mozjpegDecode(buffer.buffer, {
        preserveOrientation: options.orientation !== "stored",
      }),
    );
  } catch {
    return decodeImage(bytes, options); // CMYK, or broken: it knows what to say
  }
}

/** What is larger goes to the runtime: the WebAssembly decoder's memory, once grown, stays. */
const MAX_PIXELS = 32_000_000;

function isHuge(jpeg: Uint8Array): boolean {
  const { width, height } = sniffSize(jpeg, "JPEG")!;
  return width * height > MAX_PIXELS;
}

/** Colours of another space than sRGB are the runtime's business. */
function hasColourProfile(bytes: Uint8Array): boolean {
  return jpegSegments(bytes).some(({ type, start }) =>
    type === JPEG_APP2 && asciiAt(bytes, start, 11) === "ICC_PROFILE"
  );
}

/** RGBA → RGB; a JPEG hides nothing behind its alpha. */
function withoutAlpha({ width, height, data }: ImageData): Image {
  const rgb = new Uint8Array(3 * width * height);
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    rgb[to] = data[from]!;
    rgb[to + 1] = data[from + 1]!;
    rgb[to + 2] = data[from + 2]!;
  }
  return { width, height, data: rgb };
}
