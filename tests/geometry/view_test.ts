import assert from "node:assert/strict";
import fc from "fast-check";
import { letterbox } from "../../lib/geometry/letterbox.ts";
import { boxesFromView, boxesToView, type View } from "../../lib/geometry/view.ts";
import { assertAllClose } from "../_support/close.ts";

const view: View = { x: 100, y: 50, width: 200, height: 100, outWidth: 400, outHeight: 50 };

Deno.test("boxesToView() moves and stretches", () => {
  const boxes = Float32Array.of(100, 50, 300, 150, 150, 60, 90, 40);
  assert.deepEqual([...boxesToView(boxes, view)], [0, 0, 400, 50, 100, 5, -20, -5]);
});

Deno.test("boxesToView() keeps corners in order when it flips", () => {
  const flipped = boxesToView(Float32Array.of(110, 60, 150, 150), { ...view, flip: true });
  assert.deepEqual([...flipped], [300, 5, 380, 50]);
});

const side = fc.integer({ min: 1, max: 2000 });
const anyView = fc.record({
  x: fc.integer({ min: -500, max: 500 }),
  y: fc.integer({ min: -500, max: 500 }),
  width: side,
  height: side,
  outWidth: side,
  outHeight: side,
  flip: fc.boolean(),
});

Deno.test("boxesFromView() undoes boxesToView()", () => {
  const numbers = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 8, maxLength: 8 });
  fc.assert(fc.property(anyView, numbers, (drawn, values) => {
    const boxes = Float32Array.from(values);
    const there = boxesToView(boxes, drawn);
    // 32-bit floats: an error of 1e-7 of the largest number in view, seen in image pixels.
    const scale = Math.max(drawn.width / drawn.outWidth, drawn.height / drawn.outHeight);
    const atol = 1e-6 * (3000 + scale * Math.max(drawn.outWidth, ...there.map(Math.abs)));
    assertAllClose(boxesFromView(there, drawn), boxes, { atol });
  }));
});

Deno.test("letterbox() shows a wide image with borders above and below", () => {
  assert.deepEqual(letterbox({ width: 400, height: 200 }, { width: 100, height: 100 }), {
    x: 0,
    y: -100,
    width: 400,
    height: 400,
    outWidth: 100,
    outHeight: 100,
  });
});

Deno.test("letterbox() enlarges a small image", () => {
  const { x, y, width, height } = letterbox(
    { width: 10, height: 20 },
    { width: 80, height: 80 },
  );
  assert.deepEqual([x, y, width, height], [-5, 0, 20, 20]);
});

Deno.test("letterbox() keeps the aspect, centres, and fills one direction", () => {
  fc.assert(fc.property(side, side, side, side, (width, height, outWidth, outHeight) => {
    const frame = { width: outWidth, height: outHeight };
    const [x1, y1, x2, y2] = boxesToView(
      Float32Array.of(0, 0, width, height),
      letterbox({ width, height }, frame),
    ) as unknown as [number, number, number, number];
    const atol = 1e-3;
    assertAllClose([x1 + x2, y1 + y2], [outWidth, outHeight], { atol });
    assertAllClose([x2 - x1, y2 - y1], [(y2 - y1) * width / height, (x2 - x1) * height / width], {
      atol: atol * Math.max(1, width / height, height / width),
    });
    const gap = Math.min(outWidth - (x2 - x1), outHeight - (y2 - y1));
    assertAllClose([gap], [0], { atol });
  }));
});
