// Changes of colour. Expected values of hue and saturation are those of Python's colorsys.
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  adjustBrightness,
  adjustContrast,
  adjustHue,
  adjustSaturation,
  photometric,
  PHOTOMETRIC_OPTIONS,
} from "../../lib/datasets/photometric.ts";
import { Random } from "../../lib/numbers/random.ts";

/** The pixels after an op, as both kinds of array that an image may have. */
function after(op: (data: Uint8Array | Uint8ClampedArray) => void, pixels: readonly number[]) {
  const data = Uint8Array.from(pixels), clamped = Uint8ClampedArray.from(pixels);
  op(data);
  op(clamped);
  assert.deepEqual([...data], [...clamped]);
  return [...data];
}

Deno.test("adjustBrightness() adds and stays within a byte", () => {
  assert.deepEqual(after((data) => adjustBrightness(data, 20.4), [0, 100, 240]), [20, 120, 255]);
  assert.deepEqual(after((data) => adjustBrightness(data, -32), [0, 100, 240]), [0, 68, 208]);
});

Deno.test("adjustContrast() multiplies and stays within a byte", () => {
  assert.deepEqual(after((data) => adjustContrast(data, 1.5), [0, 101, 240]), [0, 152, 255]);
  assert.deepEqual(after((data) => adjustContrast(data, 0.5), [3, 100, 240]), [2, 50, 120]);
});

Deno.test.each([
  [[200, 100, 50], 0.5, [200, 150, 125]],
  [[10, 220, 90], 0.8, [52, 220, 116]],
  [[30, 60, 150], 1.1, [18, 51, 150]],
  [[7, 7, 7], 1.5, [7, 7, 7]],
])("adjustSaturation() turns %j times %d into %j", (pixel, factor, expected) => {
  assert.deepEqual(after((data) => adjustSaturation(data, factor), pixel), expected);
});

Deno.test.each([
  [[200, 100, 50], 18, [200, 145, 50]],
  [[10, 220, 90], -18, [10, 220, 27]],
  [[30, 60, 250], 15, [55, 30, 250]],
  [[255, 0, 0], 120, [0, 255, 0]],
  [[250, 10, 40], -10, [250, 10, 80]],
  [[7, 7, 7], 18, [7, 7, 7]],
])("adjustHue() turns %j by %d degrees into %j", (pixel, degrees, expected) => {
  assert.deepEqual(after((data) => adjustHue(data, degrees), pixel), expected);
});

Deno.test("adjustHue() keeps value and chroma and goes back", () => {
  const byte = fc.integer({ min: 0, max: 255 });
  const range = (rgb: readonly number[]) => [Math.max(...rgb), Math.min(...rgb)];
  fc.assert(fc.property(byte, byte, byte, fc.integer({ min: -180, max: 180 }), (r, g, b, turn) => {
    const pixel = Uint8Array.of(r, g, b);
    adjustHue(pixel, turn);
    assert.deepEqual(range([...pixel]), range([r, g, b]));
    adjustHue(pixel, -turn);
    assert.ok([r, g, b].every((value, c) => Math.abs(value - pixel[c]!) <= 1));
  }));
});

const grey = () => ({
  width: 2,
  height: 2,
  data: Uint8Array.from({ length: 12 }, (_, k) => 20 * k),
});

Deno.test("photometric() depends on its random stream alone", () => {
  const changed = (seed: number) => {
    const image = grey();
    photometric(image, new Random([seed]));
    return image.data.join();
  };
  const results = Array.from({ length: 200 }, (_, seed) => changed(seed));
  assert.deepEqual(Array.from({ length: 200 }, (_, seed) => changed(seed)), results);
  const untouched = results.filter((result) => result === grey().data.join()).length;
  // Half are left alone, and of the other half those for which all four coins say so.
  const expected = 200 * (0.5 + 0.5 / 16);
  assert.ok(Math.abs(untouched - expected) < 30, `${untouched} of 200 are unchanged`);
});

Deno.test("photometric() can be switched off, and refuses RGBA", () => {
  const image = grey();
  photometric(image, new Random([1]), { ...PHOTOMETRIC_OPTIONS, chance: 0 });
  assert.deepEqual(image, grey());
  const rgba = { width: 1, height: 1, data: new Uint8Array(4) };
  assert.throws(() => photometric(rgba, new Random([1])), TypeError);
});
