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
 * @param most What the anchors of one face count together at most. Default: they count 1 each.
 * @returns `labels` `[A]`: on a face how much it counts, in (0, 1]; 0 on background; −1 where it does
 * not matter; `boxes` `[A, 4]`: the face that the anchor answers for, in pixels, zeros where it answers
 * for none.
 */
export function encodeTargets(
  { boxes: faces, ignore }: Truth,
  { levels, layout, boxes: anchors }: AnchorSet,
  assign: (input: AssignInput) => Assignment,
  most = Infinity,
): { labels: NdArray; boxes: NdArray } {
  const assignment = assign({ faces, ignore, anchors, levels, layout });
  const labels = new Float32Array(assignment.length);
  const boxes = new Float32Array(4 * assignment.length);
  const counts = new Uint32Array(ignore.length);
  for (const face of assignment) if (face >= 0) counts[face]!++;
  assignment.forEach((face, anchor) => {
    if (face >= 0) {
      labels[anchor] = Math.min(1, most / counts[face]!);
      boxes.set(faces.subarray(4 * face, 4 * face + 4), 4 * anchor);
    } else if (face === IGNORED) labels[anchor] = -1;
  });
  return {
    labels: { shape: [assignment.length], data: labels },
    boxes: { shape: [assignment.length, 4], data: boxes },
  };
}
