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

/** Undoes the filter of a row (a filter byte, then the bytes), given the row above, without one. */
function unfilter(filtered: Uint8Array, above: Uint8Array, pixelBytes: number, row: Uint8Array) {
  const predict = PREDICTORS[filtered[0]!]!;
  for (let k = 0; k < row.length; k++) {
    const left = k >= pixelBytes ? row[k - pixelBytes]! : 0;
    const upLeft = k >= pixelBytes ? above[k - pixelBytes]! : 0;
    row[k] = filtered[k + 1]! + predict(left, above[k]!, upLeft);
  }
}

function inflated(parts: readonly Uint8Array<ArrayBuffer>[]): ReadableStream<Uint8Array> {
  return new Blob([...parts]).stream().pipeThrough(new DecompressionStream("deflate"));
}

/** A stream in pieces of one length, each in the memory of the one before. */
async function* piecesOf(
  stream: ReadableStream<Uint8Array>,
  length: number,
): AsyncGenerator<Uint8Array, void, void> {
  const piece = new Uint8Array(length);
  let filled = 0;
  for await (const chunk of stream) {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + length - filled);
      piece.set(part, filled);
      at += part.length;
      filled += part.length;
      if (filled < length) continue;
      yield piece;
      filled = 0;
    }
  }
}

/**
 * The image in such a file: RGB, or RGBA when it has alpha; 16-bit samples lose their lower byte.
 *
 * Throws a `TypeError` when it is a PNG of another kind or damaged, a `RangeError` when rows are
 * missing.
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
  const pixelBytes = samples * sampleBytes, rowBytes = width * pixelBytes;
  const gray = samples < 3, channels = samples % 2 === 0 ? 4 : 3;
  const data = new Uint8Array(width * height * channels);
  let row = new Uint8Array(rowBytes), above = new Uint8Array(rowBytes), o = 0;
  // Row by row: all of them unpacked, beside the pixels, would take three times the memory.
  for await (const filtered of piecesOf(inflated(packed), 1 + rowBytes)) {
    if (o === data.length) break;
    unfilter(filtered, above, pixelBytes, row);
    for (let p = 0; p < rowBytes; p += pixelBytes, o += channels) {
      for (let c = 0; c < channels; c++) {
        const sample = !gray ? c : c < 3 ? 0 : 1;
        data[o + c] = row[p + sample * sampleBytes]!;
      }
    }
    [row, above] = [above, row];
  }
  if (o < data.length) {
    throw new RangeError(`Cannot read the PNG: it has less than "${height}" rows`);
  }
  return { width, height, data };
}
