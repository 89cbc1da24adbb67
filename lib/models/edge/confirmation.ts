/**
 * What labels know better than a teacher: that a face it is unsure of is one.
 *
 * @module
 */
import { boxCount, type Boxes, iou } from "../../geometry/boxes.ts";
import type { Detections, Truth } from "../detector_model.ts";

/** From this IoU on a box is that of a face, as everywhere in WIDER FACE's evaluation. */
const LEAST_IOU = 0.5;
/**
 * The longer side, in pixels, from which on a label counts. Told more of smaller faces than its teacher
 * makes out, this network saw faces where there are none (docs/log.md, "looks nearer").
 */
const LEAST_SIDE = 24;

/**
 * A teacher's scores, raised at one place for each labelled face: where it is surest of a box that fits,
 * to at least the root of how well that fits, as edge scores. A face without such a box stays unknown.
 */
export function confirmedScores({ boxes, scores }: Detections, truth: Truth): Float32Array {
  const raised = scores.slice();
  for (let face = 0; face < boxCount(truth.boxes); face++) {
    if (truth.ignore[face] || longerSide(truth.boxes, face) < LEAST_SIDE) continue;
    let surest = -1, fit = 0;
    for (let place = 0; place < scores.length; place++) {
      if (surest >= 0 && scores[place]! <= scores[surest]!) continue;
      const overlap = iou(boxes, place, truth.boxes, face);
      if (overlap >= LEAST_IOU) [surest, fit] = [place, overlap];
    }
    if (surest >= 0) raised[surest] = Math.max(scores[surest]!, Math.sqrt(fit));
  }
  return raised;
}

function longerSide(boxes: Boxes, i: number): number {
  const [x1, y1, x2, y2] = boxes.subarray(4 * i, 4 * i + 4);
  return Math.max(x2! - x1!, y2! - y1!);
}
