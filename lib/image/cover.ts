/**
 * Which part of a photo is hidden for a face.
 *
 * @module
 */
import type { FaceBox } from "../geometry/faces.ts";
import type { Size } from "./image.ts";

/** The form of what is hidden. */
export type CoverShape = "ellipse" | "box";

/** The forms by name. */
export const COVER_SHAPES = ["ellipse", "box"] as const satisfies readonly CoverShape[];

/** A rectangle in pixels of the image; may reach out of it. */
export interface Region {
  /** Left edge. */
  readonly left: number;
  /** Top edge. */
  readonly top: number;
  /** Right edge. */
  readonly right: number;
  /** Bottom edge. */
  readonly bottom: number;
}

/** What covers a region: writes all channels of the pixel (x, y) at byte `o`. */
export type Paint = (x: number, y: number, data: Uint8Array, o: number) => void;

/** The box grown by `margin` widths (heights) on each side. */
export function coveredRegion({ x, y, width, height }: FaceBox, margin: number): Region {
  return {
    left: x - margin * width,
    top: y - margin * height,
    right: x + (1 + margin) * width,
    bottom: y + (1 + margin) * height,
  };
}

/** The pixels of an image that a region touches: `left … right − 1`, `top … bottom − 1`. */
export function touchedPixels(region: Region, { width, height }: Size): Region {
  return {
    left: Math.max(0, Math.floor(region.left)),
    top: Math.max(0, Math.floor(region.top)),
    right: Math.min(width, Math.ceil(region.right)),
    bottom: Math.min(height, Math.ceil(region.bottom)),
  };
}

/** Distance of the pixel that begins at `at` from `middle`; 0 where it lies upon it. */
function distance(at: number, middle: number): number {
  return Math.max(0, Math.abs(at + 0.5 - middle) - 0.5);
}

/** Whether a region's shape touches the pixel (x, y), so that it has to be hidden. */
export function isCovered(
  { left, top, right, bottom }: Region,
  shape: CoverShape,
  x: number,
  y: number,
): boolean {
  const dx = 2 * distance(x, (left + right) / 2) / (right - left);
  const dy = 2 * distance(y, (top + bottom) / 2) / (bottom - top);
  return shape === "box" ? dx < 1 && dy < 1 : dx * dx + dy * dy < 1;
}
