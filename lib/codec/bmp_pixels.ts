/**
 * Pixels of the BMP files that Deno's `OffscreenCanvas` writes: uncompressed, rows from the bottom,
 * 24 bits (BGR) or 32 bits (BGRA) a pixel.
 *
 * @module
 */
import type { Image, Size } from "../image/image.ts";

/** As much of the file is copied at a time: of a large photo a second copy would count. */
const STRIP_BYTES = 2 ** 22;

async function bytesOf(file: Blob, start: number, end: number): Promise<Uint8Array> {
  return new Uint8Array(await file.slice(start, end).arrayBuffer());
}

/** Writes BGR(A) pixels from byte `p` on as RGB(A) pixels from byte `o` on. */
function swapRow(
  from: Uint8Array,
  p: number,
  to: Uint8Array,
  o: number,
  { width, channels }: Pick<Layout, "width" | "channels">,
): void {
  for (let x = 0; x < width; x++, o += channels, p += channels) {
    to[o] = from[p + 2]!;
    to[o + 1] = from[p + 1]!;
    to[o + 2] = from[p]!;
    if (channels === 4) to[o + 3] = from[p + 3]!;
  }
}

/** How the pixels lie in a file. */
interface Layout extends Size {
  readonly pixelsAt: number;
  readonly channels: number;
}

async function layoutOf(file: Blob): Promise<Layout> {
  const head = new DataView(await file.slice(0, 30).arrayBuffer());
  return {
    pixelsAt: head.getUint32(10, true),
    width: head.getInt32(18, true),
    height: head.getInt32(22, true),
    channels: head.getUint16(28, true) / 8,
  };
}

/** Whether a BMP file is of the kind that {@linkcode readBmp} reads. */
export async function isReadableBmp(file: Blob): Promise<boolean> {
  const { channels, height } = await layoutOf(file);
  return (channels === 3 || channels === 4) && height > 0;
}

/** The image in such a file. */
export async function readBmp(file: Blob): Promise<Image> {
  const { pixelsAt, width, height, channels } = await layoutOf(file);
  const rowBytes = Math.ceil(width * channels / 4) * 4; // rows are padded to four bytes
  const stripRows = Math.ceil(STRIP_BYTES / rowBytes);
  const data = new Uint8Array(width * height * channels);
  for (let first = 0; first < height; first += stripRows) {
    const end = Math.min(first + stripRows, height);
    const strip = await bytesOf(file, pixelsAt + first * rowBytes, pixelsAt + end * rowBytes);
    for (let row = first; row < end; row++) {
      const o = (height - 1 - row) * width * channels;
      swapRow(strip, (row - first) * rowBytes, data, o, { width, channels });
    }
  }
  return { width, height, data };
}
