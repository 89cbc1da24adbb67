/**
 * A part of an image reduced to the mean colours of large blocks, and shown again from these alone.
 *
 * @module
 */
import { type Paint, type Region, touchedPixels } from "./cover.ts";
import { channelsOf, type Image } from "./image.ts";

/** `[from, from + length)` cut into as many equal parts of at least `minPx` as fit. */
interface Axis {
  readonly from: number;
  readonly length: number;
  /** How many parts; at least one. */
  readonly count: number;
  /** The part of each position. */
  readonly partOf: Int32Array;
}

function axisOf(from: number, to: number, minPx: number): Axis {
  const length = Math.max(0, to - from), count = Math.max(1, Math.floor(length / minPx));
  const partOf = Int32Array.from({ length }, (_, i) => Math.floor(i * count / length));
  return { from, length, count, partOf };
}

/**
 * Mean colour of each block, `[rows, columns, channels]`. Colours count by their opacity, else what
 * is invisible would be seen in the mean.
 */
function meansOf(image: Image, columns: Axis, rows: Axis): Float64Array {
  const { width, data } = image, channels = channelsOf(image);
  const sums = new Float64Array(rows.count * columns.count * channels);
  const weights = new Float64Array(rows.count * columns.count);
  const pixels = new Float64Array(weights.length);
  for (let j = 0; j < rows.length; j++) {
    let p = ((rows.from + j) * width + columns.from) * channels;
    for (let i = 0; i < columns.length; i++, p += channels) {
      const block = rows.partOf[j]! * columns.count + columns.partOf[i]!;
      const alpha = channels === 4 ? data[p + 3]! : 1;
      for (let c = 0; c < 3; c++) sums[block * channels + c]! += alpha * data[p + c]!;
      if (channels === 4) sums[block * channels + 3]! += alpha;
      weights[block]! += alpha;
      pixels[block]!++;
    }
  }
  return sums.map((sum, k) => {
    const block = Math.floor(k / channels);
    return sum / Math.max(1, (k % channels === 3 ? pixels : weights)[block]!);
  });
}

/** Weights of the cubic B-spline for the four parts around a position, `t` past the second one. */
function splineWeights(t: number): [number, number, number, number] {
  const s = 1 - t;
  return [
    s ** 3 / 6,
    (3 * t ** 3 - 6 * t ** 2 + 4) / 6,
    (3 * s ** 3 - 6 * s ** 2 + 4) / 6,
    t ** 3 / 6,
  ];
}

/** The four parts around the middle of pixel `i` of an axis, and their weights. */
function neighbours({ length, count }: Axis, i: number): { parts: number[]; weights: number[] } {
  const place = (i + 0.5) / length * count - 0.5, first = Math.floor(place) - 1;
  const parts = [0, 1, 2, 3].map((k) => Math.min(Math.max(first + k, 0), count - 1));
  return { parts, weights: splineWeights(place - Math.floor(place)) };
}

/** The ways of showing a part of an image by its block means. */
export interface BlockMeans {
  /** Every pixel shows its block's mean. */
  flat(): Paint;
  /**
   * Pixels go over smoothly from mean to mean: a cubic B-spline, close to a Gaussian whose standard
   * deviation is 0.58 blocks, without the diamonds of bilinear interpolation.
   */
  smooth(): Paint;
}

/**
 * Reduces a region of an image to block means.
 *
 * @param region What is reduced: the pixels that it touches. Others make no difference.
 * @param blockPx Blocks are at least so many pixels a side, unless the region is smaller.
 */
export function blockMeans(image: Image, region: Region, blockPx: number): BlockMeans {
  const channels = channelsOf(image);
  const { left, top, right, bottom } = touchedPixels(region, image);
  const columns = axisOf(left, right, blockPx), rows = axisOf(top, bottom, blockPx);
  const means = meansOf(image, columns, rows), rowLength = columns.count * channels;
  return {
    flat: () => {
      const rounded = Uint8Array.from(means, Math.round);
      return (x, y, data, o) => {
        const p = rows.partOf[y - rows.from]! * rowLength +
          columns.partOf[x - columns.from]! * channels;
        for (let c = 0; c < channels; c++) data[o + c] = rounded[p + c]!;
      };
    },
    smooth: () => {
      const across = Array.from({ length: columns.length }, (_, i) => neighbours(columns, i));
      const mixed = new Float64Array(rowLength);
      let mixedRow = NaN;
      const mixRows = (y: number) => {
        const { parts, weights } = neighbours(rows, y - rows.from);
        mixed.fill(0);
        for (let k = 0; k < 4; k++) {
          const from = parts[k]! * rowLength;
          for (let i = 0; i < rowLength; i++) mixed[i]! += weights[k]! * means[from + i]!;
        }
        mixedRow = y;
      };
      return (x, y, data, o) => {
        if (y !== mixedRow) mixRows(y); // pixels come row by row
        const { parts, weights } = across[x - columns.from]!;
        for (let c = 0; c < channels; c++) {
          let sum = 0.5;
          for (let k = 0; k < 4; k++) sum += weights[k]! * mixed[parts[k]! * channels + c]!;
          data[o + c] = sum;
        }
      };
    },
  };
}
