/**
 * Transparency laid on white.
 *
 * @module
 */
import { channelsOf, type Image } from "./image.ts";

/**
 * The image as RGB, seen through to a white ground where it is transparent; an RGB image is returned
 * as it is. White is what a page or a sheet shows behind a cut-out portrait.
 */
export function onWhite(image: Image): Image {
  if (channelsOf(image) === 3) return image;
  const { width, height, data } = image;
  const rgb = new Uint8Array(width * height * 3);
  for (let p = 0, o = 0; o < rgb.length; p += 4, o += 3) {
    const alpha = data[p + 3]!, white = 255 * (255 - alpha) + 127;
    rgb[o] = (data[p]! * alpha + white) / 255;
    rgb[o + 1] = (data[p + 1]! * alpha + white) / 255;
    rgb[o + 2] = (data[p + 2]! * alpha + white) / 255;
  }
  return { width, height, data: rgb };
}
