import assert from "node:assert/strict";
import fc from "fast-check";
import { voteBoxes } from "../../lib/geometry/box_voting.ts";
import { nms } from "../../lib/geometry/nms.ts";
import { assertAllClose } from "../_support/close.ts";

Deno.test("voteBoxes() moves a box to the mean of its neighbours, weighted by score", () => {
  // The third box overlaps the first by 5/15: too little for NMS and for a vote.
  const boxes = Float32Array.of(0, 0, 10, 10, 2, 0, 12, 10, 5, 0, 15, 10, 50, 50, 60, 60);
  const voted = voteBoxes(boxes, Float32Array.of(0.6, 0.3, 0.2, 0.1), { iouThreshold: 0.45 });
  // IoU of the second with the third is 7/13.
  assertAllClose(voted.scores, [0.6, 0.2, 0.1]);
  const first = (0 * 0.6 + 2 * 0.3) / 0.9, third = (5 * 0.2 + 2 * 0.3) / 0.5;
  assertAllClose(voted.boxes, [
    ...[first, 0, first + 10, 10],
    ...[third, 0, third + 10, 10],
    ...[50, 50, 60, 60],
  ]);
});

Deno.test("voteBoxes() leaves boxes of score 0 where they are", () => {
  const box = Float32Array.of(1, 2, 3, 4);
  assert.deepEqual(voteBoxes(box, Float32Array.of(0), { iouThreshold: 0.5 }).boxes, box);
});

Deno.test("voteBoxes() keeps what nms() keeps, inside the hull of all boxes", () => {
  const coordinate = fc.integer({ min: 0, max: 50 });
  const box = fc.tuple(coordinate, coordinate, fc.integer({ min: 1, max: 30 }), coordinate)
    .map(([x, y, side, score]) => ({ corners: [x, y, x + side, y + side], score: score / 50 }));
  fc.assert(fc.property(fc.array(box, { maxLength: 12 }), (list) => {
    const boxes = Float32Array.from(list.flatMap(({ corners }) => corners));
    const scores = Float32Array.from(list, ({ score }) => score);
    const kept = nms(boxes, scores, { iouThreshold: 0.4 });
    const voted = voteBoxes(boxes, scores, { iouThreshold: 0.4 });
    assert.deepEqual([...voted.scores], kept.map((k) => scores[k]));
    for (const [i, value] of voted.boxes.entries()) {
      const column = boxes.filter((_, k) => k % 4 === i % 4);
      assert.ok(value >= Math.min(...column) - 1e-4 && value <= Math.max(...column) + 1e-4);
    }
  }));
});
