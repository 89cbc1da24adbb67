/**
 * Turning a picture about its centre, with its boxes.
 *
 * @module
 */
import type { Boxes } from "../geometry/boxes.ts";
import { channelsOf, type Image, type Size } from "../image/image.ts";
import type { Rgb } from "../image/resample.ts";

/** Cosine and sine of an angle in degrees. */
function turnOf(degrees: number): readonly [cos: number, sin: number] {
  const radians = degrees * Math.PI / 180;
  return [Math.cos(radians), Math.sin(radians)];
}

/** One pixel, mixed of its four neighbours; positions beyond the edge count as on it. */
function mixPixel(
  { data, width, height }: Image,
  x: number,
  y: number,
  out: Uint8Array,
  o: number,
): void {
  const px = Math.min(width - 1, Math.max(0, x - 0.5));
  const py = Math.min(height - 1, Math.max(0, y - 0.5));
  const column = Math.floor(px), row = Math.floor(py);
  const right = column + 1 < width ? 3 : 0, below = row + 1 < height ? 3 * width : 0;
  const u = px - column, v = py - row;
  for (let c = 0, p = 3 * (row * width + column); c < 3; c++, p++) {
    const top = data[p]! * (1 - u) + data[p + right]! * u;
    const bottom = data[p + below]! * (1 - u) + data[p + below + right]! * u;
    out[o + c] = Math.round(top * (1 - v) + bottom * v);
  }
}

/**
 * An RGB picture turned about its centre, clockwise as it is seen, at the same size (bilinear). What
 * comes from outside of it is `fill`.
 *
 * Throws a `TypeError` when the picture is not RGB.
 */
export function rotate(image: Image, degrees: number, fill: Rgb): Image {
  if (channelsOf(image) !== 3) throw new TypeError("Cannot rotate the image: it is RGBA");
  const { width, height } = image, [cos, sin] = turnOf(degrees);
  const data = new Uint8Array(3 * width * height);
  for (let row = 0, o = 0; row < height; row++) {
    for (let column = 0; column < width; column++, o += 3) {
      const dx = column + 0.5 - width / 2, dy = row + 0.5 - height / 2;
      const x = width / 2 + dx * cos + dy * sin, y = height / 2 - dx * sin + dy * cos;
      if (x >= 0 && x < width && y >= 0 && y < height) mixPixel(image, x, y, data, o);
      else data.set(fill, o);
    }
  }
  return { width, height, data };
}

/** The boxes that enclose the corners of boxes turned like {@linkcode rotate}; not cut. */
export function rotateBoxes(boxes: Boxes, degrees: number, { width, height }: Size): Boxes {
  const [cos, sin] = turnOf(degrees), across = Math.abs(cos), along = Math.abs(sin);
  const result = new Float32Array(boxes.length);
  for (let o = 0; o < boxes.length; o += 4) {
    const [x1, y1, x2, y2] = boxes.subarray(o) as unknown as [number, number, number, number];
    const dx = (x1 + x2 - width) / 2, dy = (y1 + y2 - height) / 2;
    const x = width / 2 + dx * cos - dy * sin, y = height / 2 + dx * sin + dy * cos;
    const halfWidth = ((x2 - x1) * across + (y2 - y1) * along) / 2;
    const halfHeight = ((x2 - x1) * along + (y2 - y1) * across) / 2;
    result.set([x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight], o);
  }
  return result;
}
