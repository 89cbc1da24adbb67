// Colours as the second seed changes them; the single changes are tested in colour_ops_test.ts.
import assert from "node:assert/strict";
import { COLOUR_OPTIONS, colourJitter } from "../../lib/datasets/colour_jitter.ts";
import { Random } from "../../lib/numbers/random.ts";

const pixel = (...rgb: number[]) => ({ width: 1, height: 1, data: Uint8Array.from(rgb) });

Deno.test("colourJitter() draws within its ranges, over all of them", () => {
  const drawn = Array.from({ length: 500 }, (_, seed) => {
    const image = pixel(100, 100, 100);
    colourJitter(image, new Random([seed]), { brightnessFactor: [0.5, 1.5], brightnessOffset: 30 });
    return image.data[0]!;
  });
  assert.ok(Math.min(...drawn) >= 20 && Math.max(...drawn) <= 180);
  assert.ok(Math.min(...drawn) < 40 && Math.max(...drawn) > 160);
});

Deno.test("colourJitter() draws a gamma for each channel", () => {
  const image = pixel(100, 100, 100);
  colourJitter(image, new Random([1]), { gamma: [0.5, 2] });
  assert.equal(new Set(image.data).size, 3);
  for (const value of image.data) assert.ok(value >= 39 && value <= 160);
});

Deno.test("colourJitter() depends on its random stream alone, and may do nothing", () => {
  const changed = (seed: number, options = {}) => {
    const image = pixel(200, 100, 50);
    colourJitter(image, new Random([seed]), options);
    return [...image.data];
  };
  assert.deepEqual(changed(1, COLOUR_OPTIONS), changed(1, COLOUR_OPTIONS));
  assert.notDeepEqual(changed(1, COLOUR_OPTIONS), changed(2, COLOUR_OPTIONS));
  assert.deepEqual(changed(1), [200, 100, 50]);
  assert.throws(() => colourJitter(pixel(1, 2, 3, 4), new Random([1]), {}), TypeError);
});
