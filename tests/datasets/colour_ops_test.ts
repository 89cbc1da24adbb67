// Changes of colour. Expected values of hue and saturation are those of Python's colorsys.
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  adjustBrightness,
  adjustContrast,
  adjustGamma,
  adjustHue,
  adjustSaturation,
  adjustValue,
  multiplyHue,
  permuteChannels,
} from "../../lib/datasets/colour_ops.ts";

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

Deno.test.each([
  [[200, 100, 50], 1.5, [200, 125, 50]],
  [[10, 220, 90], 0.5, [180, 220, 10]],
  [[30, 60, 250], 1.5, [250, 30, 75]],
  [[250, 10, 40], 1.2, [238, 250, 10]],
  [[255, 0, 0], 1.4, [255, 0, 0]],
  [[7, 7, 7], 1.5, [7, 7, 7]],
])("multiplyHue() turns %j times %d into %j", (pixel, factor, expected) => {
  assert.deepEqual(after((data) => multiplyHue(data, factor), pixel), expected);
});

Deno.test("adjustGamma() bends each channel by its own exponent and keeps black and white", () => {
  // 255 · (c / 255)^γ by hand: 100 → 39.2 (γ 2), 159.7 (γ 0.5), 100 (γ 1).
  const bend = (data: Uint8Array | Uint8ClampedArray) => adjustGamma(data, [2, 0.5, 1]);
  assert.deepEqual(after(bend, [100, 100, 100, 0, 0, 0, 255, 255, 255]), [
    ...[39, 160, 100],
    ...[0, 0, 0],
    ...[255, 255, 255],
  ]);
});

Deno.test.each([
  [[200, 100, 50], 0.5, 0, [100, 50, 25]],
  [[200, 100, 50], 1, 20, [220, 110, 55]],
  [[200, 100, 50], 1.5, 30, [255, 128, 64]],
  [[20, 10, 0], 1, -30, [0, 0, 0]],
  [[0, 0, 0], 1, 30, [30, 30, 30]],
])("adjustValue() turns %j times %d plus %d into %j", (pixel, factor, amount, expected) => {
  assert.deepEqual(after((data) => adjustValue(data, factor, amount), pixel), expected);
});

Deno.test("permuteChannels() puts channel order[c] where c was", () => {
  const shuffle = (data: Uint8Array | Uint8ClampedArray) => permuteChannels(data, [2, 0, 1]);
  assert.deepEqual(after(shuffle, [1, 2, 3, 4, 5, 6]), [3, 1, 2, 6, 4, 5]);
});
