import assert from "node:assert/strict";
import fc from "fast-check";
import { iou } from "../../lib/geometry/boxes.ts";
import { nms } from "../../lib/geometry/nms.ts";

// Three 10×10 boxes in a row: neighbours overlap by 6 of 14 columns (IoU 3/7), the outer two by 2 of
// 18 (IoU 1/9); and one far away.
const boxes = Float32Array.of(0, 0, 10, 10, 4, 0, 14, 10, 8, 0, 18, 10, 50, 50, 60, 60);

Deno.test("nms() drops what overlaps a better box, but not what overlaps a dropped one", () => {
  const scores = Float32Array.of(0.7, 0.9, 0.8, 0.1);
  assert.deepEqual(nms(boxes, scores, { iouThreshold: 0.4 }), [1, 3]);
  const middleLast = Float32Array.of(0.7, 0.6, 0.8, 0.1);
  assert.deepEqual(nms(boxes, middleLast, { iouThreshold: 0.4 }), [2, 0, 3]);
});

Deno.test("nms() keeps a box whose IoU equals the threshold", () => {
  // 3/7 is not exact in binary; [0,0,10,10] and [0,0,10,5] overlap by exactly 1/2.
  const halves = Float32Array.of(0, 0, 10, 10, 0, 0, 10, 5);
  const scores = Float32Array.of(0.9, 0.8);
  assert.deepEqual(nms(halves, scores, { iouThreshold: 0.5 }), [0, 1]);
  assert.deepEqual(nms(halves, scores, { iouThreshold: 0.499 }), [0]);
});

Deno.test("nms() leaves out low scores and stops at the most boxes allowed", () => {
  const scores = Float32Array.of(0.5, 0.25, 0.75, 0.125);
  assert.deepEqual(nms(boxes, scores, { iouThreshold: 1, scoreThreshold: 0.25 }), [2, 0, 1]);
  assert.deepEqual(nms(boxes, scores, { iouThreshold: 1, maxBoxes: 2 }), [2, 0]);
  assert.deepEqual(nms(boxes, scores, { iouThreshold: 1, maxBoxes: 0 }), []);
  assert.deepEqual(nms(new Float32Array(), new Float32Array(), { iouThreshold: 0.5 }), []);
});

Deno.test("nms() keeps the order of equal scores", () => {
  assert.deepEqual(nms(boxes, new Float32Array(4).fill(0.5), { iouThreshold: 1 }), [0, 1, 2, 3]);
});

Deno.test("nms() keeps boxes that do not overlap much and drops only boxes that do", () => {
  const one = fc.tuple(fc.nat(40), fc.nat(40), fc.integer({ min: 1, max: 30 }), fc.nat(100));
  fc.assert(fc.property(fc.array(one, { maxLength: 25 }), fc.nat(10), (drawn, tenths) => {
    const all = Float32Array.from(drawn.flatMap(([x, y, side]) => [x, y, x + side, y + side]));
    const scores = Float32Array.from(drawn, ([, , , score]) => score / 100);
    const iouThreshold = tenths / 10;
    const kept = nms(all, scores, { iouThreshold });
    for (const [rank, i] of kept.entries()) {
      if (rank > 0) assert.ok(scores[kept[rank - 1]!]! >= scores[i]!);
      for (const j of kept.slice(0, rank)) assert.ok(iou(all, i, all, j) <= iouThreshold);
    }
    for (let i = 0; i < drawn.length; i++) {
      const isBeaten = (k: number) =>
        scores[k]! >= scores[i]! && iou(all, i, all, k) > iouThreshold;
      assert.ok(kept.includes(i) || kept.some(isBeaten));
    }
  }));
});
