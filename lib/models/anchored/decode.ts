/**
 * From what the heads say to boxes with scores.
 *
 * @module
 */
import { decodeDeltas } from "../../geometry/box_coder.ts";
import { type Boxes, clipBoxes, takeBoxes } from "../../geometry/boxes.ts";
import type { Size } from "../../image/image.ts";
import type { NdArray } from "../../numbers/nd_array.ts";
import type { Detections } from "../detector_model.ts";
import type { AnchorSet } from "./anchors.ts";

/** Anchors scored below this are not worth a box (vedadet's validation threshold). */
const MIN_SCORE = 0.01;

/** How a network says what it found. */
export interface DecodeOptions {
  /** score = cls^(1 − a) · iou^a, both after a sigmoid; at 0 there need be no `iou`. */
  readonly iouExponent: number;
  /** What it says about boxes: differences from anchors, or corners in pixels. */
  readonly regression: "deltas" | "corners";
}

/**
 * Boxes of all anchors worth it, before NMS.
 *
 * Reference: tinaface paper, eq. 1.
 *
 * @param outputs `cls_i` `[H, W, A]`, `reg_i` `[H, W, 4A]` and `iou_i` `[H, W, A]` of each level i, before a
 * sigmoid.
 */
export function decodeHeads(
  outputs: Readonly<Record<string, NdArray>>,
  { levels, boxes: anchors }: AnchorSet,
  frame: Size,
  { iouExponent, regression }: DecodeOptions,
): Detections {
  const kept: number[] = [], scores: number[] = [], numbers: number[] = [];
  let first = 0;
  levels.forEach((_, level) => {
    const cls = outputs[`cls_${level}`]!.data, iou = outputs[`iou_${level}`]?.data;
    const reg = outputs[`reg_${level}`]!.data;
    for (let i = 0; i < cls.length; i++) {
      const confidence = sigmoid(cls[i]!) ** (1 - iouExponent);
      if (confidence < MIN_SCORE) continue; // the other factor is at most 1
      const score = iou ? confidence * sigmoid(iou[i]!) ** iouExponent : confidence;
      if (score < MIN_SCORE) continue;
      kept.push(first + i);
      scores.push(score);
      for (let k = 0; k < 4; k++) numbers.push(reg[4 * i + k]!);
    }
    first += cls.length;
  });
  const boxes: Boxes = regression === "corners"
    ? Float32Array.from(numbers)
    : decodeDeltas(Float32Array.from(numbers), takeBoxes(anchors, kept));
  return {
    boxes: clipBoxes(boxes, frame.width, frame.height),
    scores: Float32Array.from(scores),
  };
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
