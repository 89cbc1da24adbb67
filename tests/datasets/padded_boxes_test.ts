// Batches of boxes of fixed size.
import assert from "node:assert/strict";
import fc from "fast-check";
import { paddedBoxes } from "../../lib/datasets/padded_boxes.ts";
import type { Truth } from "../../lib/models/detector_model.ts";

/** Faces of these sides, one below the other; negative sides are to be ignored. */
function truthOf(...sides: number[]): Truth {
  return {
    boxes: Float32Array.from(sides.flatMap((side, i) => [i, i, i + Math.abs(side), i + 1])),
    ignore: Uint8Array.from(sides, (side) => side < 0 ? 1 : 0),
  };
}

Deno.test("paddedBoxes() has room for 100 faces, counts beside it", () => {
  const { boxes, ignore, counts, lost } = paddedBoxes([truthOf(5, -6), truthOf()]);
  assert.deepEqual(boxes.shape, [2, 100, 4]);
  assert.deepEqual([...boxes.data.subarray(0, 12)], [0, 0, 5, 1, 1, 1, 7, 2, 0, 0, 0, 0]);
  assert.ok(boxes.data.subarray(8).every((value) => value === 0));
  assert.deepEqual([ignore.shape, [...ignore.data.subarray(0, 3)]], [[2, 100], [0, 1, 0]]);
  assert.deepEqual([[...counts], [...lost]], [[2, 0], [0, 0]]);
});

Deno.test("paddedBoxes() holds a hundred faces, where the seed held 99", () => {
  const { counts, lost, boxes } = paddedBoxes([truthOf(...new Array(100).fill(3))]);
  assert.deepEqual([[...counts], [...lost]], [[100], [0]]);
  assert.deepEqual([...boxes.data.slice(-4)], [99, 99, 102, 100]);
});

Deno.test("paddedBoxes() keeps the largest faces in their order and counts the rest", () => {
  const { boxes, ignore, counts, lost } = paddedBoxes(
    [truthOf(2, 9, -20, 4, 7), truthOf(-3, 1)],
    3,
  );
  assert.deepEqual([...boxes.data.subarray(0, 12)], [1, 1, 10, 2, 3, 3, 7, 4, 4, 4, 11, 5]);
  assert.deepEqual([...ignore.data], [0, 0, 0, 1, 0, 0]);
  assert.deepEqual([[...counts], [...lost]], [[3, 2], [2, 0]]);
});

Deno.test("paddedBoxes() can grow so that no face is lost", () => {
  const side = fc.integer({ min: -50, max: 50 }).filter((value) => value !== 0);
  fc.assert(fc.property(fc.array(fc.array(side, { maxLength: 20 }), { minLength: 1 }), (photos) => {
    const truths = photos.map((sides) => truthOf(...sides));
    const { boxes, ignore, counts, lost } = paddedBoxes(truths, null);
    const room = boxes.shape[1]!;
    assert.ok(lost.every((count) => count === 0));
    for (const [n, truth] of truths.entries()) {
      const row = n * room, count = counts[n]!;
      assert.deepEqual(boxes.data.slice(4 * row, 4 * (row + count)), truth.boxes);
      assert.deepEqual([...ignore.data.slice(row, row + count)], [...truth.ignore]);
    }
  }));
});

Deno.test("paddedBoxes() refuses a capacity that is none", () => {
  for (const capacity of [0, 1.5, NaN]) {
    assert.throws(() => paddedBoxes([truthOf(1)], capacity), { name: "RangeError" });
  }
});
