import assert from "node:assert/strict";
import { createValidation } from "../../lib/evaluation/validation.ts";
import type { Detections, Truth } from "../../lib/models/detector_model.ts";
import { assertClose } from "../_support/close.ts";

const frame = { width: 100, height: 200 };

function truth(boxes: number[][], ignore: number[] = []): Truth {
  return {
    boxes: Float32Array.from(boxes.flat()),
    ignore: Uint8Array.from(boxes, (_, i) => ignore[i] ?? 0),
  };
}

function found(...boxes: number[][]): Detections {
  return {
    boxes: Float32Array.from(boxes.flatMap((box) => box.slice(0, 4))),
    scores: Float32Array.from(boxes.map((box) => box[4]!)),
  };
}

Deno.test("createValidation() pairs the most confident box with the face it overlaps most", () => {
  const validation = createValidation();
  // The box 0.9 overlaps both faces; the second more: intersection 50, union 150.
  validation.add(
    truth([[0, 0, 10, 10], [14, 0, 24, 10]]),
    found([14, 0, 24, 10, 0.8], [9, 0, 19, 10, 0.9]),
    frame,
  );
  const { iou, mse } = validation.metrics();
  assertClose(iou, 50 / 150);
  assertClose(mse, (0.05 ** 2 + 0.05 ** 2) / 4);
});

Deno.test("createValidation() takes the largest face when none is overlapped", () => {
  const validation = createValidation();
  validation.add(truth([[0, 0, 5, 5], [0, 100, 20, 120]]), found([50, 0, 60, 10, 0.9]), frame);
  const { iou, mse } = validation.metrics();
  assert.equal(iou, 0);
  assertClose(mse, (0.5 ** 2 + 0.5 ** 2 + 0.4 ** 2 + 0.55 ** 2) / 4);
});

Deno.test("createValidation() sums intersections and unions, and means the squared errors", () => {
  const validation = createValidation();
  validation.add(truth([[0, 0, 10, 10]]), found([0, 0, 10, 10, 0.9]), frame);
  validation.add(truth([[0, 0, 10, 10]]), found([0, 0, 20, 10, 0.9]), frame);
  const { iou, mse } = validation.metrics();
  assertClose(iou, (100 + 100) / (100 + 200));
  assertClose(mse, (0 + 0.1 ** 2 / 4) / 2);
});

Deno.test("createValidation() leaves out images without faces and counts missed faces", () => {
  const validation = createValidation();
  validation.add(truth([]), found([0, 0, 50, 50, 0.9]), frame);
  validation.add(truth([[0, 0, 30, 30]], [1]), found([0, 0, 30, 20, 0.9]), frame);
  assert.ok(Number.isNaN(validation.metrics().iou));
  assert.ok(Number.isNaN(validation.metrics().mse));
  validation.add(truth([[0, 0, 10, 10]]), found([0, 0, 10, 10, 0.9]), frame);
  validation.add(truth([[0, 0, 10, 30]]), found(), frame);
  assertClose(validation.metrics().iou, 100 / 400);
  assert.equal(validation.metrics().mse, 0);
});

Deno.test("createValidation() measures average precision after NMS", () => {
  const validation = createValidation();
  validation.add(
    truth([[0, 0, 30, 30], [60, 0, 70, 10]]),
    found([0, 0, 30, 30, 0.9], [0, 0, 30, 29, 0.8], [60, 0, 70, 10, 0.7]),
    frame,
  );
  assert.deepEqual(validation.metrics(), { iou: 1, mse: 0, ap50: 1, ap50Large: 1 });
  // The face of 10 px is below a tenth of the frame's longer side (200): missing it costs ap50 only.
  validation.add(truth([[60, 0, 70, 10]]), found(), frame);
  const { ap50, ap50Large } = validation.metrics();
  assertClose(ap50, 2 / 3);
  assert.equal(ap50Large, 1);
});
