// Reduce on plateau and early stopping: what watches a metric over the epochs.
import assert from "node:assert/strict";
import { EarlyStopping } from "../../lib/training/early_stopping.ts";
import { improves } from "../../lib/training/improvement.ts";
import { type PlateauOptions, ReduceOnPlateau } from "../../lib/training/plateau.ts";
import { assertAllClose } from "../_support/close.ts";

/** As the first seed has it: factor 0.6, patience 5, not below 1e-6. */
const seed: PlateauOptions = {
  mode: "max",
  minDelta: 1e-4,
  factor: 0.6,
  patience: 5,
  minRate: 1e-6,
  cooldown: 0,
};

const ratesAfter = (plateau: ReduceOnPlateau, values: number[]) =>
  values.map((value) => {
    plateau.update(value);
    return plateau.rate;
  });

Deno.test("improves() needs more than minDelta and is not fooled by NaN", () => {
  const max = { mode: "max", minDelta: 0.1 } as const, min = { ...max, mode: "min" } as const;
  assert.deepEqual(
    [improves(1.05, 1, max), improves(1.2, 1, max), improves(0.95, 1, min), improves(0.8, 1, min)],
    [false, true, false, true],
  );
  assert.deepEqual([improves(-5, null, max), improves(NaN, null, max), improves(NaN, 1, min)], [
    true,
    false,
    false,
  ]);
});

Deno.test("ReduceOnPlateau lowers the rate after five epochs without improvement", () => {
  const plateau = new ReduceOnPlateau(seed, 1e-4);
  const values = [0.5, 0.50005, 0.5, 0.4, 0.5, 0.50009, 0.5, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6];
  const expected = [1, 1, 1, 1, 1, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.36].map((f) => f * 1e-4);
  assertAllClose(ratesAfter(plateau, values), expected, { atol: 1e-12 });
});

Deno.test("ReduceOnPlateau.update() tells whether the rate was lowered, down to the lowest", () => {
  const plateau = new ReduceOnPlateau({ ...seed, patience: 1, minRate: 0.5 }, 1);
  assert.deepEqual([0, 0, 0, 0].map((value) => plateau.update(value)), [false, true, true, false]);
  assert.equal(plateau.rate, 0.5);
});

Deno.test("ReduceOnPlateau rests after a reduction", () => {
  // Keras: epochs in the cooldown do not count; the epoch in which it runs out does.
  const plateau = new ReduceOnPlateau({ ...seed, patience: 2, cooldown: 2, factor: 0.5 }, 1);
  assert.deepEqual(
    ratesAfter(plateau, [1, 1, 1, 1, 1, 1]),
    [1, 1, 0.5, 0.5, 0.5, 0.25],
  );
});

Deno.test("EarlyStopping stops after `patience` epochs without improvement", () => {
  const stopping = new EarlyStopping({ mode: "min", minDelta: 0, patience: 3 });
  assert.deepEqual(
    [3, 2, 2, 2.5, 1, NaN, 1, 1].map((value) => stopping.update(value)),
    [false, false, false, false, false, false, false, true],
  );
});

Deno.test("ReduceOnPlateau and EarlyStopping go on from their state as JSON", () => {
  const values = [0.1, 0.2, 0.2, 0.2, 0.15, 0.2, 0.2, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3];
  const stopRule = { mode: "max", minDelta: 0, patience: 6 } as const;
  const run = (interrupt: boolean) => {
    let plateau = new ReduceOnPlateau(seed, 1);
    let stopping = new EarlyStopping(stopRule);
    return values.map((value) => {
      if (interrupt) {
        plateau = new ReduceOnPlateau(seed, JSON.parse(JSON.stringify(plateau.state)));
        stopping = new EarlyStopping(stopRule, JSON.parse(JSON.stringify(stopping.state)));
      }
      return [plateau.update(value), plateau.rate, stopping.update(value)];
    });
  };
  const whole = run(false);
  assert.ok(whole.some(([lowered]) => lowered));
  assert.deepEqual(run(true), whole);
});
