/**
 * JPEG without the runtime's help. Where `mod.ts` is imported as it is, in Deno and browsers, the
 * runtime decodes and no package is loaded; the bundles put `lib/bundle/jpeg_alone.ts` in its place.
 *
 * @module
 */
import type { Image } from "../image/image.ts";

/** Gives the pixels of a JPEG file, upright. Throws when it is damaged. */
export type DecodeJpeg = (file: Uint8Array<ArrayBuffer>) => Image;

/** Nobody decodes here. */
export const decodeJpegAlone: DecodeJpeg | undefined = undefined as DecodeJpeg | undefined;
