/**
 * Boxes as differences from anchors.
 *
 * Reference: R-CNN's parametrisation as in vedadet `DeltaXYWHBBoxCoder`: shift of the centre in
 * anchor sides, logarithm of the ratio of sides, divided by standard deviations.
 *
 * @module
 */
import type { Boxes } from "./boxes.ts";

/** The standard deviations that vedadet's TinaFace divides by: x, y, width, height. */
export const DELTA_STDS = [0.1, 0.1, 0.2, 0.2] as const;

/** Largest |log ratio| that is decoded: ln(1000 / 16), as in vedadet. */
export const MAX_LOG_RATIO = Math.log(1000 / 16);

/** Boxes → differences `[dx, dy, dw, dh, …]` from anchors, one by one. */
export function encodeDeltas(boxes: Boxes, anchors: Boxes): Float32Array {
  const deltas = new Float32Array(boxes.length);
  for (let o = 0; o < boxes.length; o += 4) {
    const [x, y, w, h] = centreForm(boxes, o), [ax, ay, aw, ah] = centreForm(anchors, o);
    deltas[o] = (x - ax) / aw / DELTA_STDS[0];
    deltas[o + 1] = (y - ay) / ah / DELTA_STDS[1];
    deltas[o + 2] = Math.log(w / aw) / DELTA_STDS[2];
    deltas[o + 3] = Math.log(h / ah) / DELTA_STDS[3];
  }
  return deltas;
}

/** Differences from anchors → boxes, one by one; undoes {@linkcode encodeDeltas}. */
export function decodeDeltas(deltas: Float32Array, anchors: Boxes): Boxes {
  const boxes = new Float32Array(deltas.length);
  for (let o = 0; o < deltas.length; o += 4) {
    const [ax, ay, aw, ah] = centreForm(anchors, o);
    const x = ax + aw * deltas[o]! * DELTA_STDS[0];
    const y = ay + ah * deltas[o + 1]! * DELTA_STDS[1];
    const halfWidth = aw * Math.exp(clampLog(deltas[o + 2]! * DELTA_STDS[2])) / 2;
    const halfHeight = ah * Math.exp(clampLog(deltas[o + 3]! * DELTA_STDS[3])) / 2;
    boxes[o] = x - halfWidth;
    boxes[o + 1] = y - halfHeight;
    boxes[o + 2] = x + halfWidth;
    boxes[o + 3] = y + halfHeight;
  }
  return boxes;
}

function clampLog(value: number): number {
  return Math.min(Math.max(value, -MAX_LOG_RATIO), MAX_LOG_RATIO);
}

function centreForm(
  boxes: Boxes,
  o: number,
): [x: number, y: number, width: number, height: number] {
  const x1 = boxes[o]!, y1 = boxes[o + 1]!, x2 = boxes[o + 2]!, y2 = boxes[o + 3]!;
  return [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1];
}
