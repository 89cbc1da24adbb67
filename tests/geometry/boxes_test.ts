import assert from "node:assert/strict";
import fc from "fast-check";
import {
  boxArea,
  boxCount,
  clipBoxes,
  intersectionArea,
  iou,
  takeBoxes,
} from "../../lib/geometry/boxes.ts";
import { assertClose } from "../_support/close.ts";

/** Boxes with whole-numbered corners, so that areas are exact. */
const anyBox = fc.tuple(
  fc.nat(60),
  fc.nat(60),
  fc.integer({ min: 1, max: 40 }),
  fc.integer({
    min: 1,
    max: 40,
  }),
).map(([x, y, w, h]) => Float32Array.of(x, y, x + w, y + h));

/** How many unit squares two whole-numbered boxes share, by counting. */
function sharedSquares(a: Float32Array, b: Float32Array): number {
  let count = 0;
  for (let y = a[1]!; y < a[3]!; y++) {
    for (let x = a[0]!; x < a[2]!; x++) {
      if (x >= b[0]! && x < b[2]! && y >= b[1]! && y < b[3]!) count++;
    }
  }
  return count;
}

Deno.test("iou() gives the values of torchvision's own test", () => {
  // torchvision test/test_ops.py, TestBoxIou.
  const boxes = Float32Array.of(0, 0, 100, 100, 0, 0, 50, 50, 200, 200, 300, 300, 0, 0, 25, 25);
  const expected = [[1, 0.25, 0, 0.0625], [0.25, 1, 0, 0.25], [0, 0, 1, 0], [0.0625, 0.25, 0, 1]];
  for (let i = 0; i < 4; i++) {
    for (let j = 0; j < 4; j++) assertClose(iou(boxes, i, boxes, j), expected[i]![j]!);
  }
});

Deno.test("intersectionArea() counts the unit squares that boxes share", () => {
  fc.assert(fc.property(anyBox, anyBox, (a, b) => {
    assert.equal(intersectionArea(a, 0, b, 0), sharedSquares(a, b));
    assert.equal(boxArea(a, 0), sharedSquares(a, a));
  }));
});

Deno.test("iou() is symmetric, 1 for a box with itself and in between otherwise", () => {
  fc.assert(fc.property(anyBox, anyBox, (a, b) => {
    const value = iou(a, 0, b, 0);
    assert.equal(value, iou(b, 0, a, 0));
    assert.ok(value >= 0 && value <= 1);
    assert.equal(iou(a, 0, a, 0), 1);
    assert.equal(value === 1, a.join() === b.join());
  }));
});

Deno.test("iou() is 0 for boxes that touch, are empty or inverted", () => {
  const square = Float32Array.of(0, 0, 10, 10);
  for (const other of [[10, 0, 20, 10], [5, 5, 5, 9], [8, 8, 2, 2]]) {
    assert.equal(iou(square, 0, Float32Array.from(other), 0), 0);
  }
  const point = Float32Array.of(3, 3, 3, 3);
  assert.equal(iou(point, 0, point, 0), 0);
  assert.equal(boxArea(Float32Array.of(8, 8, 2, 2), 0), 0);
});

Deno.test("takeBoxes() gives the boxes at the indices, in their order", () => {
  const boxes = Float32Array.from({ length: 12 }, (_, i) => i);
  assert.deepEqual([...takeBoxes(boxes, [2, 0, 2])], [8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11]);
  assert.equal(boxCount(takeBoxes(boxes, [])), 0);
});

Deno.test("clipBoxes() cuts at the frame and leaves its argument alone", () => {
  const boxes = Float32Array.of(-5, 3, 120, 90, 101, -9, 130, -2);
  assert.deepEqual([...clipBoxes(boxes, 100, 50)], [0, 3, 100, 50, 100, 0, 100, 0]);
  assert.equal(boxes[0], -5);
});
