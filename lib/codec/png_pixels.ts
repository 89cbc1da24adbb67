/**
 * Pixels of the PNG files that a canvas writes: not interlaced, no palette, 8 or 16 bits a sample.
 *
 * Reference: W3C PNG, sections 7 (sample layout) and 9 (filters).
 *
 * @module
 */
import type { Image } from "../image/image.ts";
import { pngChunks, viewOf } from "./containers.ts";

/** Samples a pixel, by PNG colour type: gray, RGB, gray and alpha, RGBA. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 4: 2, 6: 4 };

function paeth(a: number, b: number, c: number): number {
  const p = a + b - c;
  const pa = Math.abs(p - a), pb = Math.abs(p - b), pc = Math.abs(p - c);
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

/** What each filter type predicts from the bytes to the left, above, and above to the left. */
const PREDICTORS: readonly ((left: number, up: number, upLeft: number) => number)[] = [
  () => 0,
  (left) => left,
  (_, up) => up,
  (left, up) => left + up >> 1,
  paeth,
];

/** Undoes the filters: `height` rows of a filter byte and `rowBytes` bytes → the rows alone. */
function unfilter(
  filtered: Uint8Array,
  height: number,
  rowBytes: number,
  pixelBytes: number,
): Uint8Array {
  const rows = new Uint8Array(height * rowBytes);
  for (let y = 0, p = 0, o = 0; y < height; y++) {
    const predict = PREDICTORS[filtered[p++]!]!;
    for (let k = 0; k < rowBytes; k++, o++) {
      const left = k >= pixelBytes ? rows[o - pixelBytes]! : 0;
      const up = y > 0 ? rows[o - rowBytes]! : 0;
      const upLeft = y > 0 && k >= pixelBytes ? rows[o - rowBytes - pixelBytes]! : 0;
      rows[o] = filtered[p++]! + predict(left, up, upLeft);
    }
  }
  return rows;
}

async function inflate(parts: readonly Uint8Array<ArrayBuffer>[]): Promise<Uint8Array> {
  const stream = new Blob([...parts]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * The image in such a file: RGB, or RGBA when it has alpha; 16-bit samples lose their lower byte.
 *
 * Throws a `TypeError` when it is a PNG of another kind.
 */
export async function readPng(bytes: Uint8Array<ArrayBuffer>): Promise<Image> {
  const view = viewOf(bytes);
  const width = view.getUint32(16), height = view.getUint32(20);
  const sampleBytes = bytes[24]! / 8, samples = SAMPLES[bytes[25]!];
  if (samples === undefined || sampleBytes !== 1 && sampleBytes !== 2 || bytes[28] !== 0) {
    throw new TypeError(`Cannot read the PNG: its layout is "${bytes.subarray(24, 29).join()}"`);
  }
  const packed = [...pngChunks(bytes)].filter((chunk) => chunk.type === "IDAT")
    .map((chunk) => bytes.subarray(chunk.start, chunk.end));
  const pixelBytes = samples * sampleBytes;
  const rows = unfilter(await inflate(packed), height, width * pixelBytes, pixelBytes);

  const gray = samples < 3, channels = samples % 2 === 0 ? 4 : 3;
  const data = new Uint8Array(width * height * channels);
  for (let i = 0, p = 0; i < data.length; i += channels, p += pixelBytes) {
    for (let c = 0; c < channels; c++) {
      const sample = !gray ? c : c < 3 ? 0 : 1;
      data[i + c] = rows[p + sample * sampleBytes]!;
    }
  }
  return { width, height, data };
}
