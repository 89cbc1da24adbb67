/**
 * The pixels of a native bitmap.
 *
 * Browsers read them from a 2-D canvas. Deno has none, but a canvas can write itself to a file in
 * memory. BMP is the quick way (12 ms a megapixel, measured) though undocumented in Deno; PNG is the
 * one that the HTML standard demands. So BMP is asked for, and PNG is read where BMP would lose
 * something: 16-bit samples, and the alpha of gray images.
 *
 * @module
 */
import type { Image } from "../image/image.ts";
import { isReadableBmp, readBmp } from "./bmp_pixels.ts";
import { readPng } from "./png_pixels.ts";

const BMP = "image/bmp";

/** The canvas as a BMP file; `undefined` where that cannot be had or would lose something. */
async function writtenBmp(canvas: OffscreenCanvas): Promise<Blob | undefined> {
  try {
    const blob = await canvas.convertToBlob({ type: BMP });
    return blob.type === BMP && await isReadableBmp(blob) ? blob : undefined;
  } catch {
    return undefined; // Deno refuses to write 16-bit samples as BMP
  }
}

/** As much of a browser's 2-D canvas as is used; Deno's types do not have one. */
interface Canvas2d {
  getContext(kind: "2d", options: { willReadFrequently: boolean }): Context2d | null;
}

interface Context2d {
  drawImage(bitmap: ImageBitmap, x: number, y: number): void;
  getImageData(x: number, y: number, width: number, height: number): Image;
}

function drawnPixels(context: Context2d, bitmap: ImageBitmap): Image {
  const { width, height } = bitmap;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return { width, height, data: context.getImageData(0, 0, width, height).data };
}

/** The bitmap as a file in memory, BMP or PNG. The bitmap is used up. */
async function written(bitmap: ImageBitmap, canvas: OffscreenCanvas): Promise<Blob> {
  const context = canvas.getContext("bitmaprenderer")!;
  context.transferFromImageBitmap(bitmap);
  try {
    return await writtenBmp(canvas) ?? await canvas.convertToBlob();
  } finally {
    // The pixels lie outside of JavaScript's memory, whose collector does not see them pile up.
    context.transferFromImageBitmap(null);
    canvas.width = canvas.height = 1;
  }
}

async function writtenPixels(bitmap: ImageBitmap, canvas: OffscreenCanvas): Promise<Image> {
  const file = await written(bitmap, canvas);
  if (file.type === BMP) return await readBmp(file);
  return await readPng(new Uint8Array(await file.arrayBuffer()));
}

/** The pixels of a bitmap, RGB or RGBA. The bitmap is used up. */
export async function bitmapPixels(bitmap: ImageBitmap): Promise<Image> {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = (canvas as unknown as Canvas2d).getContext("2d", { willReadFrequently: true });
  return context ? drawnPixels(context, bitmap) : await writtenPixels(bitmap, canvas);
}
