/**
 * Faces as they are written down.
 *
 * @module
 */
import type { Face } from "./detector.ts";

/** A number with at most so many digits behind the point. */
export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** The face without the noise of 32-bit floats: 1/100 px is finer than any box. */
export function roundFace({ box, score }: Face): Face {
  const { x, y, width, height } = box;
  return {
    box: {
      x: round(x, 2),
      y: round(y, 2),
      width: round(width, 2),
      height: round(height, 2),
    },
    score: round(score, 4),
  };
}
