/**
 * Box voting: many looks at one photo give many boxes a face; they agree on one.
 *
 * Reference: Gidaris and Komodakis, "Object detection via a multi-region and semantic
 * segmentation-aware CNN model" (2015), section 5: after NMS each box that stays becomes the mean,
 * weighted by score, of all boxes that overlap it by an IoU of at least 0.5.
 *
 * @module
 */
import { boxCount, type Boxes, iou, takeBoxes } from "./boxes.ts";
import { nms, type NmsOptions } from "./nms.ts";

const VOTING_IOU = 0.5;

/** The mean of the boxes that overlap box `k`, weighted by their scores; box `k` is among them. */
function votedBox(boxes: Boxes, scores: Float32Array, k: number): number[] {
  const sum = [0, 0, 0, 0];
  let weight = 0;
  for (let i = 0; i < boxCount(boxes); i++) {
    if (i !== k && iou(boxes, i, boxes, k) < VOTING_IOU) continue;
    for (let c = 0; c < 4; c++) sum[c]! += scores[i]! * boxes[4 * i + c]!;
    weight += scores[i]!;
  }
  return weight > 0 ? sum.map((value) => value / weight) : [...takeBoxes(boxes, [k])];
}

/**
 * NMS after which the boxes that stay are moved to where their neighbours, weighted by score, say.
 *
 * @param boxes N boxes.
 * @param scores N scores, ≥ 0.
 * @returns The boxes that stay and their own scores, the best first.
 */
export function voteBoxes(
  boxes: Boxes,
  scores: Float32Array,
  options: NmsOptions,
): { boxes: Boxes; scores: Float32Array } {
  const kept = nms(boxes, scores, options);
  return {
    boxes: Float32Array.from(kept.flatMap((k) => votedBox(boxes, scores, k))),
    scores: Float32Array.from(kept, (k) => scores[k]!),
  };
}
