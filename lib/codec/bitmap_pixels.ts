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
import { readBmp } from "./bmp_pixels.ts";
import { readPng } from "./png_pixels.ts";

async function encode(canvas: OffscreenCanvas, type: string): Promise<Blob | undefined> {
  try {
    const blob = await canvas.convertToBlob({ type });
    return blob.type === type ? blob : undefined;
  } catch {
    return undefined; // Deno refuses to write 16-bit samples as BMP
  }
}

async function readAs<Result>(
  blob: Blob | undefined,
  read: (bytes: Uint8Array<ArrayBuffer>) => Result,
): Promise<Awaited<Result> | undefined> {
  return blob && await read(new Uint8Array(await blob.arrayBuffer()));
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

async function writtenPixels(canvas: OffscreenCanvas, bitmap: ImageBitmap): Promise<Image> {
  const context = canvas.getContext("bitmaprenderer")!;
  context.transferFromImageBitmap(bitmap);
  try {
    return await readAs(await encode(canvas, "image/bmp"), readBmp) ??
      await readPng(new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer()));
  } finally {
    // The pixels lie outside of JavaScript's memory, whose collector does not see them pile up.
    context.transferFromImageBitmap(null);
    canvas.width = canvas.height = 1;
  }
}

/** The pixels of a bitmap, RGB or RGBA. The bitmap is used up. */
export async function bitmapPixels(bitmap: ImageBitmap): Promise<Image> {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = (canvas as unknown as Canvas2d).getContext("2d", { willReadFrequently: true });
  return context ? drawnPixels(context, bitmap) : await writtenPixels(canvas, bitmap);
}
