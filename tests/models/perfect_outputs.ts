import { encodeDeltas } from "../../lib/geometry/box_coder.ts";
import { takeBoxes } from "../../lib/geometry/boxes.ts";
import type { NdArray } from "../../lib/numbers/nd_array.ts";

/** Outputs of a network with anchors that says exactly what the targets ask for. */
export function perfectOutputs(
  targets: Record<string, NdArray>,
  anchors: Float32Array,
  grids: readonly (readonly [height: number, width: number])[],
  perCell: number,
): Record<string, NdArray> {
  const { labels, boxes } = targets as { labels: NdArray; boxes: NdArray };
  const outputs: Record<string, NdArray> = {};
  let first = 0;
  grids.forEach(([height, width], level) => {
    const count = height * width * perCell;
    const indices = Array.from({ length: count }, (_, i) => first + i);
    const says = (k: number) => (labels.data[k]! > 0 ? 12 : -12);
    const faces = takeBoxes(boxes.data, indices), own = takeBoxes(anchors, indices);
    const deltas = encodeDeltas(faces, own).map((d) => Number.isFinite(d) ? d : 0);
    const shape = [height, width, perCell];
    outputs[`cls_${level}`] = { shape, data: Float32Array.from(indices, says) };
    outputs[`iou_${level}`] = { shape, data: Float32Array.from(indices, says) };
    outputs[`reg_${level}`] = { shape: [height, width, 4 * perCell], data: deltas };
    first += count;
  });
  return outputs;
}
