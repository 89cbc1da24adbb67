/**
 * What the heads should say about an image.
 *
 * @module
 */
import { type AssignInput, type Assignment, IGNORED } from "../../geometry/assigner.ts";
import type { NdArray } from "../../numbers/nd_array.ts";
import type { Truth } from "../detector_model.ts";
import type { AnchorSet } from "./anchors.ts";

/**
 * Targets over all A anchors.
 *
 * @param assign Which anchors answer for which face.
 * @returns `labels` `[A]`: 1 on a face, 0 on background, −1 where it does not matter; `boxes` `[A, 4]`:
 * the face that the anchor answers for, in pixels, zeros where it answers for none.
 */
export function encodeTargets(
  { boxes: faces, ignore }: Truth,
  { levels, layout, boxes: anchors }: AnchorSet,
  assign: (input: AssignInput) => Assignment,
): { labels: NdArray; boxes: NdArray } {
  const assignment = assign({ faces, ignore, anchors, levels, layout });
  const labels = new Float32Array(assignment.length);
  const boxes = new Float32Array(4 * assignment.length);
  assignment.forEach((face, anchor) => {
    if (face >= 0) {
      labels[anchor] = 1;
      boxes.set(faces.subarray(4 * face, 4 * face + 4), 4 * anchor);
    } else if (face === IGNORED) labels[anchor] = -1;
  });
  return {
    labels: { shape: [assignment.length], data: labels },
    boxes: { shape: [assignment.length, 4], data: boxes },
  };
}
