/**
 * Which part of a photo is hidden for a face.
 *
 * @module
 */
import type { FaceBox } from "../geometry/faces.ts";

/** The form of what is hidden. */
export type CoverShape = "ellipse" | "box";

/** The forms by name. */
export const COVER_SHAPES = ["ellipse", "box"] as const satisfies readonly CoverShape[];

/** Pixels `left … right − 1`, `top … bottom − 1`; may reach out of the image. */
export interface Region {
  /** First column. */
  readonly left: number;
  /** First row. */
  readonly top: number;
  /** The column after the last one. */
  readonly right: number;
  /** The row after the last one. */
  readonly bottom: number;
}

/** What covers a region: writes all channels of the pixel (x, y) at byte `o`. */
export type Paint = (x: number, y: number, data: Uint8Array, o: number) => void;

/** The box grown by `margin` widths (heights) on each side, out to whole pixels. */
export function coveredRegion({ x, y, width, height }: FaceBox, margin: number): Region {
  return {
    left: Math.floor(x - margin * width),
    top: Math.floor(y - margin * height),
    right: Math.ceil(x + (1 + margin) * width),
    bottom: Math.ceil(y + (1 + margin) * height),
  };
}

/** Whether a point (in pixels; the middle of a pixel is at .5) is hidden. */
export function isCovered(
  { left, top, right, bottom }: Region,
  shape: CoverShape,
  x: number,
  y: number,
): boolean {
  if (x < left || x >= right || y < top || y >= bottom) return false;
  if (shape === "box") return true;
  const dx = (2 * x - left - right) / (right - left);
  const dy = (2 * y - top - bottom) / (bottom - top);
  return dx * dx + dy * dy <= 1;
}
