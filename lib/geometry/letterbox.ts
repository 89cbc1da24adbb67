/**
 * A whole picture in the frame of a network, its aspect kept, the rest left as a border.
 *
 * @module
 */
import type { Size } from "../image/image.ts";
import type { View } from "./view.ts";

/**
 * The view that shows all of an image in a frame: centred, as large as fits (an image smaller than
 * the frame is enlarged).
 */
export function letterbox(image: Size, frame: Size): View {
  const scale = Math.min(frame.width / image.width, frame.height / image.height);
  const width = frame.width / scale, height = frame.height / scale;
  return {
    x: (image.width - width) / 2,
    y: (image.height - height) / 2,
    width,
    height,
    outWidth: frame.width,
    outHeight: frame.height,
  };
}

/**
 * The view that shows all of an image as it is, with a border at the right and the bottom that makes
 * both sides multiples of a number.
 */
export function padded(image: Size, multipleOf: number): View {
  const side = (length: number) => Math.ceil(length / multipleOf) * multipleOf;
  const width = side(image.width), height = side(image.height);
  return { x: 0, y: 0, width, height, outWidth: width, outHeight: height };
}
