// Faces that two computations of the same find in a photo.
import assert from "node:assert/strict";
import type { Face } from "../../lib/geometry/faces.ts";

/** How far two faces may differ that count as one. */
export interface FaceTolerance {
  /** Corners of the boxes, in pixels. Default 0.5. */
  readonly boxPx?: number;
  /** Scores. Default {@linkcode SCORE_TOLERANCE}. */
  readonly score?: number;
}

/** How far the scores of one face may differ. */
export const SCORE_TOLERANCE = 1e-3;

/** How far the corners of two boxes are apart at most, in pixels. */
function distance({ box: a }: Face, { box: b }: Face): number {
  const right = a.x + a.width - b.x - b.width, bottom = a.y + a.height - b.y - b.height;
  return Math.max(...[a.x - b.x, a.y - b.y, right, bottom].map(Math.abs));
}

/** Whether two faces differ by no more than the tolerance. */
export function isSameFace(
  a: Face,
  b: Face,
  { boxPx = 0.5, score = SCORE_TOLERANCE }: FaceTolerance = {},
): boolean {
  return Math.abs(a.score - b.score) <= score && distance(a, b) <= boxPx;
}

/**
 * The faces of both lists that have no partner in the other one: a face is the partner of one at most,
 * of the nearest that is left.
 */
export function unpaired(
  a: readonly Face[],
  b: readonly Face[],
  tolerance?: FaceTolerance,
): [Face[], Face[]] {
  const restOfB = new Set(b);
  const restOfA = a.filter((face) => {
    const [partner] = [...restOfB].filter((other) => isSameFace(face, other, tolerance))
      .sort((p, q) => distance(face, p) - distance(face, q));
    return partner === undefined || !restOfB.delete(partner);
  });
  return [restOfA, [...restOfB]];
}

/** Throws unless the surest face comes first. */
export function assertSurestFirst(faces: readonly Face[], where?: string): void {
  faces.forEach(({ score }, i) => assert.ok(i === 0 || score <= faces[i - 1]!.score, where));
}

/**
 * Throws unless both lists have the same faces, the surest first. Neighbours whose scores are near may
 * have changed places.
 */
export function assertSameFaces(
  actual: readonly Face[],
  expected: readonly Face[],
  { where, ...tolerance }: FaceTolerance & { readonly where?: string | undefined } = {},
): void {
  assertSurestFirst(actual, where);
  const [surplus, missing] = unpaired(actual, expected, tolerance);
  const differ = surplus.length + missing.length > 0;
  assert.ok(!differ, `${where ?? "The photo"}: ${JSON.stringify({ surplus, missing })}`);
}
