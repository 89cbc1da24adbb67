// Pixels to numbers.
import assert from "node:assert/strict";
import { normalise } from "../../lib/image/normalise.ts";

Deno.test("normalise() maps 0 … 255 to −1 … 1 as MobileNetV2 wants it", () => {
  const image = { width: 2, height: 1, data: Uint8Array.of(0, 51, 102, 153, 204, 255) };
  const { shape, data } = normalise(image, {
    mean: [127.5, 127.5, 127.5],
    std: [127.5, 127.5, 127.5],
  });
  assert.deepEqual(shape, [1, 2, 3]);
  assert.deepEqual([...data], [-1, -0.6, -0.2, 0.2, 0.6, 1].map(Math.fround));
});

Deno.test("normalise() has a mean and a deviation for each channel and drops alpha", () => {
  const image = { width: 1, height: 2, data: Uint8Array.of(10, 20, 30, 255, 40, 50, 60, 0) };
  const { shape, data } = normalise(image, { mean: [10, 0, 60], std: [1, 2, 10] });
  assert.deepEqual(shape, [2, 1, 3]);
  assert.deepEqual([...data], [0, 10, -3, 30, 25, 0]);
});
