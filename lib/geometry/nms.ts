/**
 * Non-maximum suppression: of boxes that overlap much, only the best stays.
 *
 * @module
 */
import { type Boxes, iou } from "./boxes.ts";

/** Which boxes {@linkcode nms} keeps. */
export interface NmsOptions {
  /** Boxes that overlap a better one by more than this IoU go. In [0, 1]. */
  readonly iouThreshold: number;
  /** Boxes scored below this are left out. Default: none is. */
  readonly scoreThreshold?: number;
  /** At most this many boxes stay. Default: no limit. */
  readonly maxBoxes?: number;
}

/**
 * Greedy hard NMS with the semantics of torchvision's `ops.nms`: by falling score, a box is dropped
 * when its IoU with a kept one is strictly greater than the threshold. Equal scores keep their order.
 *
 * @param boxes N boxes.
 * @param scores N scores.
 * @returns Indices of the kept boxes, best score first.
 */
export function nms(boxes: Boxes, scores: Float32Array, options: NmsOptions): number[] {
  const { iouThreshold, scoreThreshold = -Infinity, maxBoxes = Infinity } = options;
  const candidates: number[] = [];
  for (let i = 0; i < scores.length; i++) if (scores[i]! >= scoreThreshold) candidates.push(i);
  candidates.sort((i, j) => scores[j]! - scores[i]! || i - j);

  const kept: number[] = [];
  for (const i of candidates) {
    if (kept.length >= maxBoxes) break;
    if (kept.every((k) => iou(boxes, i, boxes, k) <= iouThreshold)) kept.push(i);
  }
  return kept;
}
