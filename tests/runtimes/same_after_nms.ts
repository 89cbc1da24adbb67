// Whether two computations of the same agree on the faces that NMS keeps. NMS and the score threshold
// make of a tiny difference a face that is there or not: two boxes of nearly one score may take each
// other's place, and a box whose overlap is nearly the threshold's may stay or go.
import assert from "node:assert/strict";
import { iou } from "../../lib/geometry/boxes.ts";
import { boxesOf, type Face } from "../../lib/geometry/faces.ts";
import {
  assertSurestFirst,
  isSameFace,
  SCORE_TOLERANCE,
  unpaired,
} from "../_support/same_faces.ts";

/** What both computations were told. */
export interface Thresholds {
  readonly scoreThreshold: number;
  readonly nmsThreshold: number;
}

/** So near to NMS' threshold an overlap decides by chance: as if boxes of 4 px differed by 0.001 px. */
const IOU_TOLERANCE = 1e-3;

const overlap = (a: Face, b: Face) => iou(boxesOf([a]), 0, boxesOf([b]), 0);

/**
 * Throws unless every face has a partner on the other side, or only chance decides whether it is there:
 * its score is nearly the threshold, or the other side has a face that it is in a tie with or, after
 * such a tie, suppressed by. Whatever is found must be one of the reference's boxes before NMS.
 *
 * @param found The faces to judge, the surest first.
 * @param expected The faces of the reference.
 * @param candidates What NMS of the reference chose from, down to `SCORE_TOLERANCE` below the threshold.
 */
export async function assertSameAfterNms(
  found: readonly Face[],
  expected: readonly Face[],
  candidates: () => Promise<readonly Face[]>,
  { scoreThreshold, nmsThreshold }: Thresholds,
): Promise<void> {
  assertSurestFirst(found);
  const [surplus, missing] = unpaired(found, expected);
  if (surplus.length + missing.length === 0) return;

  const boxes = await candidates();
  const strange = surplus.filter((face) => !boxes.some((box) => isSameFace(face, box)));
  assert.ok(strange.length === 0, `the reference has no box like ${JSON.stringify(strange[0])}`);

  const byChance = new Set<Face>();
  const mayTie = (face: Face, rival: Face) => {
    const excess = overlap(face, rival) - nmsThreshold;
    const isNear = Math.abs(face.score - rival.score) <= SCORE_TOLERANCE || byChance.has(rival);
    return Math.abs(excess) <= IOU_TOLERANCE || excess > 0 && isNear;
  };
  // A face suppresses less sure ones only, so that the surest of a chain comes first.
  const alone = [
    ...surplus.map((face) => ({ face, rivals: expected })),
    ...missing.map((face) => ({ face, rivals: found })),
  ].sort((a, b) => b.face.score - a.face.score);
  for (const { face, rivals } of alone) {
    const isAtThreshold = face.score <= scoreThreshold + SCORE_TOLERANCE;
    const isByChance = isAtThreshold || rivals.some((rival) => mayTie(face, rival));
    const side = rivals === expected ? "not expected" : "not found";
    assert.ok(isByChance, `${JSON.stringify(face)} is ${side}`);
    byChance.add(face);
  }
}
