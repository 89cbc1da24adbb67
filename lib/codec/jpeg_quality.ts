/**
 * The quality a JPEG file was written at, so that a copy can be written at the same one.
 *
 * @module
 */
import { jpegSegments, viewOf } from "./containers.ts";

/** JPEG marker: quantisation tables. */
const JPEG_DQT = 0xdb;

/** ITU T.81, table K.1: the luminance table that libjpeg and most others scale. */
// deno-fmt-ignore
const LUMINANCE = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55,
  14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
  18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92,
  49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];

/** Sum of the luminance table at a quality; libjpeg `jcparam.c`, `jpeg_quality_scaling`. */
function sumAt(quality: number): number {
  const scale = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  const entry = (base: number) => Math.floor((base * scale + 50) / 100);
  return LUMINANCE.reduce((sum, base) => sum + Math.min(Math.max(entry(base), 1), 255), 0);
}

const SUMS = Array.from({ length: 100 }, (_, i) => sumAt(i + 1));

/** Sum of the quantisation table with the number 0; `undefined` when the file has none. */
function luminanceSum(jpeg: Uint8Array): number | undefined {
  const view = viewOf(jpeg);
  for (const { type, start, end } of jpegSegments(jpeg)) {
    if (type !== JPEG_DQT) continue;
    for (let at = start; at < end;) {
      const head = jpeg[at++]!, bytes = head >> 4 === 0 ? 1 : 2;
      // Below quality 25 tables of 16 bits go on where those of 8 bits, and ours, end.
      const entry = (i: number) =>
        bytes === 1 ? jpeg[at + i]! : Math.min(view.getUint16(at + 2 * i), 255);
      if (at + 64 * bytes > end) return undefined;
      if ((head & 15) === 0) {
        return Array.from({ length: 64 }, (_, i) => entry(i)).reduce((a, b) => a + b);
      }
      at += 64 * bytes;
    }
  }
  return undefined;
}

/**
 * The libjpeg quality (1 … 100) whose luminance table is as coarse, by its sum, as that of the file;
 * `undefined` when the file has no such table. Exact for files of libjpeg and its relatives; for
 * cameras and Photoshop, which have tables of their own, a near equivalent.
 */
export function jpegQuality(jpeg: Uint8Array): number | undefined {
  const sum = luminanceSum(jpeg);
  if (sum === undefined) return undefined;
  const distances = SUMS.map((at) => Math.abs(at - sum));
  return distances.lastIndexOf(Math.min(...distances)) + 1;
}
