// Which faces anchors reach, against trying them all.
import assert from "node:assert/strict";
import fc from "fast-check";
import { anchorCheck } from "../../lib/datasets/anchor_recall.ts";
import { boxCount, iou } from "../../lib/geometry/boxes.ts";

Deno.test("anchorCheck() by hand", () => {
  const check = anchorCheck(Float32Array.of(0, 0, 10, 10, 50, 50, 90, 90));
  const faces = Float32Array.of(
    ...[0, 0, 10, 3.5], // IoU 0.35
    ...[0, 0, 10, 3.4], // IoU 0.34
    ...[0, 0, 28, 10], // IoU 10 / 28 = 0.357
    ...[0, 0, 29, 10], // IoU 10 / 29 = 0.345
    ...[30, 0, 40, 10], // nowhere near
    ...[5, 5, 5, 5], // nothing
  );
  const reached = Array.from({ length: 6 }, (_, i) => check(faces, i));
  assert.deepEqual(reached, [true, false, true, false, false, false]);
});

Deno.test("anchorCheck() agrees with trying every anchor", () => {
  const box = fc.tuple(...[0, 1, 2, 3].map(() => fc.integer({ min: 0, max: 40 })))
    .map(([x, y, w, h]) => [x!, y!, x! + w! + 1, y! + h! + 1]);
  const boxes = fc.array(box, { minLength: 1, maxLength: 20 }).map((list) =>
    Float32Array.from(list.flat())
  );
  fc.assert(fc.property(boxes, boxes, (anchors, faces) => {
    const check = anchorCheck(anchors, 0.5);
    for (let i = 0; i < boxCount(faces); i++) {
      const best = Math.max(
        ...Array.from({ length: boxCount(anchors) }, (_, k) => iou(anchors, k, faces, i)),
      );
      assert.equal(check(faces, i), best >= 0.5);
    }
  }));
});
