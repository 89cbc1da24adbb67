/**
 * Pixels → image files. Not reachable from `mod.ts`: detection needs no encoder.
 *
 * @module
 */
import { jpegWasm, pngEncode } from "../deps/imagescript.ts";
import { channelsOf, type Image } from "../image/image.ts";

/** JPEG keeps its sides in 16 bits. */
const MAX_JPEG_SIDE_PX = 65535;

/** The image as a PNG file (RGB or RGBA as the image is, lossless). */
export function encodePng(image: Image): Uint8Array<ArrayBuffer> {
  const { width, height, data } = image;
  const pixels = new Uint8Array(data.buffer, data.byteOffset, data.length);
  return pngEncode(pixels, { width, height, channels: channelsOf(image), level: 3 });
}

/** Copies RGB(A) pixels to RGBA ones; the encoder does not look at alpha. */
function copyAsRgba(image: Image, target: Uint8Array): void {
  const { data } = image, channels = channelsOf(image);
  for (let p = 0, o = 0; o < target.length; p += channels, o += 4) {
    target[o] = data[p]!;
    target[o + 1] = data[p + 1]!;
    target[o + 2] = data[p + 2]!;
    target[o + 3] = 255;
  }
}

/**
 * The image as a JPEG file (colour not subsampled, so thin coloured lines stay sharp). Alpha is
 * dropped.
 *
 * Throws a `RangeError` when the quality is not in 1 … 100 or a side is longer than 65535 pixels.
 */
export function encodeJpeg(image: Image, quality = 90): Uint8Array<ArrayBuffer> {
  const { width, height } = image;
  if (!(quality >= 1 && quality <= 100)) {
    throw new RangeError(`Cannot encode the JPEG: its quality is "${quality}", not in 1 … 100`);
  }
  if (Math.max(width, height) > MAX_JPEG_SIDE_PX) {
    throw new RangeError(`Cannot encode the JPEG: its size is "${width}x${height}"`);
  }
  const bytes = 4 * width * height;
  const pixels = jpegWasm.walloc(bytes);
  copyAsRgba(image, new Uint8Array(jpegWasm.memory.buffer, pixels, bytes));
  const file = jpegWasm.encode(pixels, width, height, quality), length = jpegWasm.wlen();
  const copy = new Uint8Array(jpegWasm.memory.buffer, file, length).slice();
  jpegWasm.wfree(file, length);
  return copy as Uint8Array<ArrayBuffer>;
}

/** Writes an image as a file; the quality (1 … 100) is JPEG's. */
export type Encode = (image: Image, quality?: number) => Uint8Array<ArrayBuffer>;

/** Encoders by file name extension. */
const ENCODERS: Readonly<Record<string, Encode>> = {
  jpg: encodeJpeg,
  jpeg: encodeJpeg,
  png: encodePng,
};

/** The encoder that a file's name calls for; `undefined` when there is none for its extension. */
export function encoderFor(path: string): Encode | undefined {
  return ENCODERS[/\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? ""];
}
