/**
 * From pixels to what a network sees.
 *
 * @module
 */
import type { NdArray } from "../numbers/nd_array.ts";
import { channelsOf, type Image } from "./image.ts";

/** What is done to red, green and blue. */
export interface Normalisation {
  /** Subtracted first. */
  readonly mean: readonly [number, number, number];
  /** Divided by after that. */
  readonly std: readonly [number, number, number];
}

/**
 * `(rgb − mean) / std` of an image, as `[H, W, 3]`. Alpha, if there is any, is dropped.
 *
 * Throws a `TypeError` when the image's data do not fit its size.
 */
export function normalise(image: Image, { mean, std }: Normalisation): NdArray {
  const { width, height, data } = image, channels = channelsOf(image);
  const result = new Float32Array(height * width * 3);
  for (let c = 0; c < 3; c++) {
    const m = mean[c]!, s = std[c]!;
    for (let o = c, p = c; o < result.length; o += 3, p += channels) {
      result[o] = (data[p]! - m) / s;
    }
  }
  return { shape: [height, width, 3], data: result };
}
