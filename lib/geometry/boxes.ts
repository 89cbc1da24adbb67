/**
 * Boxes as one flat array, and what is computed on them.
 *
 * Conventions follow torchvision's `ops/boxes.py`: corners `x1 ≤ x2`, `y1 ≤ y2`, continuous
 * coordinates, area `(x2 − x1) · (y2 − y1)` without the "+ 1" of older code.
 *
 * @module
 */

/** `[x1, y1, x2, y2, x1, y1, …]`: four numbers a box. */
export type Boxes = Float32Array;

/** How many boxes the array holds. */
export function boxCount(boxes: Boxes): number {
  return boxes.length / 4;
}

/** Area of box `i`, in squared units of the coordinates; 0 for an inverted box. */
export function boxArea(boxes: Boxes, i: number): number {
  const o = 4 * i;
  return Math.max(0, boxes[o + 2]! - boxes[o]!) * Math.max(0, boxes[o + 3]! - boxes[o + 1]!);
}

/** Area of the overlap of box `i` of `a` with box `j` of `b`. */
export function intersectionArea(a: Boxes, i: number, b: Boxes, j: number): number {
  const p = 4 * i, q = 4 * j;
  const width = Math.min(a[p + 2]!, b[q + 2]!) - Math.max(a[p]!, b[q]!);
  const height = Math.min(a[p + 3]!, b[q + 3]!) - Math.max(a[p + 1]!, b[q + 1]!);
  return width > 0 && height > 0 ? width * height : 0;
}

/** Intersection over union of box `i` of `a` and box `j` of `b`, in [0, 1]; 0 for empty boxes. */
export function iou(a: Boxes, i: number, b: Boxes, j: number): number {
  const intersection = intersectionArea(a, i, b, j);
  const union = boxArea(a, i) + boxArea(b, j) - intersection;
  return union > 0 ? intersection / union : 0;
}

/** The boxes at `indices`, in that order, as a new array. */
export function takeBoxes(boxes: Boxes, indices: ArrayLike<number>): Boxes {
  const taken = new Float32Array(4 * indices.length);
  for (let k = 0; k < indices.length; k++) {
    taken.set(boxes.subarray(4 * indices[k]!, 4 * indices[k]! + 4), 4 * k);
  }
  return taken;
}

/** The boxes cut to `0 ≤ x ≤ width`, `0 ≤ y ≤ height`, as a new array. */
export function clipBoxes(boxes: Boxes, width: number, height: number): Boxes {
  return boxes.map((value, k) => Math.min(Math.max(value, 0), k % 2 === 0 ? width : height));
}
