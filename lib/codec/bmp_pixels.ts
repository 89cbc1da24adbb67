/**
 * Pixels of the BMP files that Deno's `OffscreenCanvas` writes: uncompressed, rows from the bottom,
 * 24 bits (BGR) or 32 bits (BGRA) a pixel.
 *
 * @module
 */
import type { Image } from "../image/image.ts";
import { viewOf } from "./containers.ts";

/** The image in such a file; `undefined` when it is a BMP of another kind. */
export function readBmp(bytes: Uint8Array): Image | undefined {
  const view = viewOf(bytes);
  const width = view.getInt32(18, true), height = view.getInt32(22, true);
  const channels = view.getUint16(28, true) / 8;
  if (channels !== 3 && channels !== 4 || height < 1) return undefined;
  const rowBytes = Math.ceil(width * channels / 4) * 4; // rows are padded to four bytes
  const data = new Uint8Array(width * height * channels);
  for (let y = 0, o = 0; y < height; y++) {
    let p = view.getUint32(10, true) + (height - 1 - y) * rowBytes;
    for (let x = 0; x < width; x++, o += channels, p += channels) {
      data[o] = bytes[p + 2]!;
      data[o + 1] = bytes[p + 1]!;
      data[o + 2] = bytes[p]!;
      if (channels === 4) data[o + 3] = bytes[p + 3]!;
    }
  }
  return { width, height, data };
}
