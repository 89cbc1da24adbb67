/**
 * Letterbox: a whole picture in a given frame, its aspect kept, the rest left as a border.
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
