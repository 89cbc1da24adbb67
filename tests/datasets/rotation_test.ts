// Pictures and boxes turned about the centre.
import assert from "node:assert/strict";
import fc from "fast-check";
import { rotate, rotateBoxes } from "../../lib/datasets/rotation.ts";
import type { Image } from "../../lib/image/image.ts";
import type { Rgb } from "../../lib/image/resample.ts";
import { assertAllClose } from "../_support/close.ts";

const FILL: Rgb = [9, 9, 9];

function greys(width: number, ...values: number[]): Image {
  return {
    width,
    height: values.length / width,
    data: Uint8Array.from(values.flatMap((value) => [value, value, value])),
  };
}

const values = ({ data }: Image) => [...data].filter((_, k) => k % 3 === 0);

Deno.test("rotate() by quarters moves pixels clockwise", () => {
  const image = greys(3, 1, 2, 3, 4, 5, 6, 7, 8, 9);
  assert.deepEqual(values(rotate(image, 0, FILL)), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(values(rotate(image, 90, FILL)), [7, 4, 1, 8, 5, 2, 9, 6, 3]);
  assert.deepEqual(values(rotate(image, 180, FILL)), [9, 8, 7, 6, 5, 4, 3, 2, 1]);
  assert.deepEqual(values(rotate(image, -90, FILL)), [3, 6, 9, 2, 5, 8, 1, 4, 7]);
});

Deno.test("rotate() fills what comes from outside, and mixes what lies between", () => {
  const turned = rotate(greys(4, ...new Array(16).fill(200)), 45, FILL);
  assert.deepEqual(values(turned).filter((value) => value !== 200).length, 4, "the four corners");
  const ramp = greys(5, ...Array.from({ length: 25 }, (_, k) => 10 * (k % 5)));
  // The middle row of a horizontal ramp keeps its middle, and shrinks by the cosine around it.
  const row = values(rotate(ramp, 30, FILL)).slice(10, 15);
  assertAllClose(row, [-2, -1, 0, 1, 2].map((x) => 20 + 10 * x * Math.cos(Math.PI / 6)), {
    atol: 0.5,
  });
});

Deno.test("rotate() refuses RGBA", () => {
  const rgba = { width: 1, height: 1, data: new Uint8Array(4) };
  assert.throws(() => rotate(rgba, 5, FILL), TypeError);
});

Deno.test("rotateBoxes() encloses the turned corners", () => {
  const coordinate = fc.double({ min: 0, max: 100, noNaN: true });
  const angle = fc.double({ min: -180, max: 180, noNaN: true });
  const size = { width: 100, height: 60 };
  fc.assert(
    fc.property(coordinate, coordinate, coordinate, coordinate, angle, (a, b, c, d, degrees) => {
      const x1 = Math.min(a, b), x2 = Math.max(a, b), y1 = Math.min(c, d), y2 = Math.max(c, d);
      const t = degrees * Math.PI / 180;
      const corners = [[x1, y1], [x1, y2], [x2, y1], [x2, y2]].map(([x, y]) => [
        50 + (x! - 50) * Math.cos(t) - (y! - 30) * Math.sin(t),
        30 + (x! - 50) * Math.sin(t) + (y! - 30) * Math.cos(t),
      ]);
      const xs = corners.map(([x]) => x!), ys = corners.map(([, y]) => y!);
      assertAllClose(
        rotateBoxes(Float32Array.of(x1, y1, x2, y2), degrees, size),
        [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)],
        { atol: 1e-3 },
      );
    }),
  );
});

Deno.test("rotateBoxes() by a quarter is exact", () => {
  const size = { width: 100, height: 60 };
  // (x, y) → (50 − (y − 30), 30 + (x − 50))
  assertAllClose(rotateBoxes(Float32Array.of(10, 20, 30, 50), 90, size), [30, -10, 60, 10], {
    atol: 1e-4,
  });
});
