// Faces as a view shows them.
import assert from "node:assert/strict";
import { truthInView } from "../../lib/datasets/truth.ts";
import type { View } from "../../lib/geometry/view.ts";

/** Left upper quarter of a 200×200 photo, shown at half size. */
const VIEW: View = { x: 0, y: 0, width: 100, height: 100, outWidth: 50, outHeight: 50 };

function faces(...boxes: number[][]) {
  return { boxes: Float32Array.from(boxes.flat()), ignore: new Uint8Array(boxes.length) };
}

Deno.test("truthInView() maps faces and leaves out those whose centre is outside", () => {
  const { boxes, ignore } = truthInView(
    faces([10, 20, 30, 60], [150, 10, 190, 40], [90, 40, 112, 60], [80, 40, 118, 60]),
    VIEW,
    { minVisible: 0 },
  );
  assert.deepEqual([...boxes], [5, 10, 15, 30, 40, 20, 50, 30], "the last one is cut at the edge");
  assert.deepEqual([...ignore], [0, 0]);
});

Deno.test("truthInView() ignores faces that are cut by more than minVisible", () => {
  // The first lies in the view by 11/20 × 11/20 = 0.3025 of its area, the second by 0.55.
  const cut = faces([89, 89, 109, 109], [89, 40, 109, 60]);
  assert.deepEqual([...truthInView(cut, VIEW).ignore], [1, 0]);
  assert.deepEqual([...truthInView(cut, VIEW, { minVisible: 0.3 }).ignore], [0, 0]);
  assert.deepEqual([...truthInView(cut, VIEW, { minVisible: 0.6 }).ignore], [1, 1]);
});

Deno.test("truthInView() ignores faces whose longer side is below minFaceSide", () => {
  // Longer sides are 10 and 12 pixels of a view of 50.
  const small = faces([10, 10, 20, 30], [50, 50, 74, 60]);
  assert.deepEqual([...truthInView(small, VIEW, { minFaceSide: 0.2 }).ignore], [0, 0]);
  assert.deepEqual([...truthInView(small, VIEW, { minFaceSide: 0.21 }).ignore], [1, 0]);
  assert.deepEqual([...truthInView(small, VIEW, { minFaceSide: 0.25 }).ignore], [1, 1]);
});

Deno.test("truthInView() keeps faces that are ignored already, in order", () => {
  const { boxes } = faces([10, 10, 20, 20], [150, 150, 160, 160], [30, 30, 40, 40]);
  const truth = truthInView({ boxes, ignore: Uint8Array.of(1, 0, 0) }, VIEW);
  assert.deepEqual([...truth.boxes], [5, 5, 10, 10, 15, 15, 20, 20]);
  assert.deepEqual([...truth.ignore], [1, 0]);
});

Deno.test("truthInView() leaves out boxes without area", () => {
  assert.equal(truthInView(faces([10, 10, 10, 30]), VIEW).boxes.length, 0);
});
