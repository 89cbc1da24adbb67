/**
 * Pixels → image files by the encoder that Deno and browsers have built in: no package, for where
 * one file must hold everything. (`encode.ts` is faster and also works without a canvas.)
 *
 * @module
 */
import { channelsOf, type Image } from "../image/image.ts";

/** Kinds of files that every runtime with a canvas writes. */
export type PictureType = "image/jpeg" | "image/png";

/** A JPEG's quality of 0 … 1, as that of `encode.ts`. */
const QUALITY = 0.9;

/**
 * The image as a file.
 *
 * Rejects with a `TypeError` where the runtime has no canvas, or none that writes this type.
 */
export async function encodeBlob(image: Image, type: PictureType): Promise<Blob> {
  if (typeof createImageBitmap !== "function" || typeof OffscreenCanvas !== "function") {
    throw new TypeError("Cannot encode the picture: this runtime has no image encoder");
  }
  const { width, height } = image;
  const bitmap = await createImageBitmap(new ImageData(toRgba(image), width, height));
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("bitmaprenderer")!;
  context.transferFromImageBitmap(bitmap);
  try {
    const blob = await canvas.convertToBlob({ type, quality: QUALITY });
    if (blob.type !== type) {
      throw new TypeError(`Cannot encode the picture: the runtime writes no "${type}"`);
    }
    return blob;
  } finally {
    // The pixels lie outside of JavaScript's memory, whose collector does not see them pile up.
    context.transferFromImageBitmap(null);
    canvas.width = canvas.height = 1;
  }
}

function toRgba(image: Image): Uint8ClampedArray<ArrayBuffer> {
  const { width, height, data } = image, channels = channelsOf(image);
  const rgba = new Uint8ClampedArray(4 * width * height);
  for (let p = 0, o = 0; o < rgba.length; p += channels, o += 4) {
    rgba[o] = data[p]!;
    rgba[o + 1] = data[p + 1]!;
    rgba[o + 2] = data[p + 2]!;
    rgba[o + 3] = channels === 4 ? data[p + 3]! : 255;
  }
  return rgba;
}
