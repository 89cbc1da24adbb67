/**
 * Stands in for `lib/codec/jpeg_alone.ts` in the bundles: JPEG in plain JavaScript, for runtimes that
 * decode no images themselves (Node.js, Bun, Workers).
 *
 * @module
 */
import type { DecodeJpeg } from "../codec/jpeg_alone.ts";
import { orientationOf } from "../codec/orientation.ts";
import { jpegJsDecode } from "../deps/jpeg_js.ts";
import { turnUpright } from "../image/turn.ts";

/** No limits of its own: the size has been checked by the header. */
const NO_LIMITS = { maxMemoryUsageInMB: 2 ** 20, maxResolutionInMP: 2 ** 20 };

/** Throws what jpeg-js throws for a file that is damaged or of a kind that it does not know. */
export const decodeJpegAlone: DecodeJpeg = (file) => {
  const image = jpegJsDecode(file, { formatAsRGBA: false, useTArray: true, ...NO_LIMITS });
  return turnUpright(image, orientationOf(file, "JPEG"));
};
