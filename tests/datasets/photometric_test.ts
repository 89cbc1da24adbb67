// Colours as the paper changes them; the single changes are tested in colour_ops_test.ts.
import assert from "node:assert/strict";
import { photometric, PHOTOMETRIC_OPTIONS } from "../../lib/datasets/photometric.ts";
import { Random } from "../../lib/numbers/random.ts";

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

Deno.test("photometric() shuffles the channels half of the time when it may", () => {
  const only = { ...PHOTOMETRIC_OPTIONS, chance: 1, brightness: 0, hue: 0, permute: true };
  const still = { ...only, contrast: [1, 1], saturation: [1, 1] } as const;
  const orders = Array.from({ length: 600 }, (_, seed) => {
    const image = { width: 1, height: 1, data: Uint8Array.of(10, 20, 30) };
    photometric(image, new Random([seed]), still);
    return image.data.join();
  });
  assert.equal(new Set(orders).size, 6);
  // Half of the time not at all, and one shuffle in six changes nothing: 7 in 12.
  const untouched = orders.filter((order) => order === "10,20,30").length;
  assert.ok(Math.abs(untouched - 350) < 60, `${untouched} of 600 are in order`);
});
