/**
 * The faces of a batch as one array of fixed size, the second seed's `padded_bboxes`; but the counts
 * stand beside it, not in its first row.
 *
 * @module
 */
import { boxCount, takeBoxes } from "../geometry/boxes.ts";
import type { Truth } from "../models/detector_model.ts";
import type { NdArray } from "../numbers/nd_array.ts";
import { faceSide } from "./truth.ts";

/** What {@linkcode paddedBoxes} gives for N photos. */
export interface PaddedBoxes {
  /** `[N, capacity, 4]`, xyxy as in the truths; rows from the photo's count on are zero. */
  readonly boxes: NdArray;
  /** `[N, capacity]`: 1 = the face counts neither as a face nor as background. */
  readonly ignore: NdArray;
  /** N numbers of faces that are in `boxes`. */
  readonly counts: Uint32Array;
  /** N numbers of faces that had no room. */
  readonly lost: Uint32Array;
}

/** Faces that go into an array, in their order: those to find before those to ignore, large first. */
function chosen({ boxes, ignore }: Truth, capacity: number): number[] {
  const all = Array.from({ length: boxCount(boxes) }, (_, i) => i);
  if (all.length <= capacity) return all;
  return all
    .sort((i, j) => ignore[i]! - ignore[j]! || faceSide(boxes, j) - faceSide(boxes, i))
    .slice(0, capacity)
    .sort((i, j) => i - j);
}

/**
 * Puts the faces of photos into one array.
 *
 * @param truths One photo each.
 * @param capacity Faces that a photo may have; of more, the largest stay and `lost` counts the others.
 * `null` = as many as the fullest photo has, so that none is lost.
 * Throws a `RangeError` when the capacity is not a positive integer.
 */
export function paddedBoxes(truths: readonly Truth[], capacity: number | null = 100): PaddedBoxes {
  const sizes = truths.map(({ boxes }) => boxCount(boxes));
  const room = capacity ?? Math.max(1, ...sizes);
  if (!Number.isInteger(room) || room < 1) {
    throw new RangeError(`Cannot pad boxes: capacity is "${capacity}", expected 1 or more`);
  }
  const boxes = new Float32Array(truths.length * room * 4);
  const ignore = new Float32Array(truths.length * room);
  for (const [n, truth] of truths.entries()) {
    const kept = chosen(truth, room);
    boxes.set(takeBoxes(truth.boxes, kept), n * room * 4);
    ignore.set(kept.map((i) => truth.ignore[i]!), n * room);
  }
  return {
    boxes: { shape: [truths.length, room, 4], data: boxes },
    ignore: { shape: [truths.length, room], data: ignore },
    counts: Uint32Array.from(sizes, (size) => Math.min(size, room)),
    lost: Uint32Array.from(sizes, (size) => Math.max(0, size - room)),
  };
}
