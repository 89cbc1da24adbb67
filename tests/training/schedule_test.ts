import assert from "node:assert/strict";
import fc from "fast-check";
import { learningRate, type Schedule } from "../../lib/training/schedule.ts";
import { assertAllClose, assertClose } from "../_support/close.ts";

/** The rate at the start of an epoch, or at a step of a training of 150 epochs of 1000 steps. */
const atStep = (schedule: Schedule, step: number) =>
  learningRate(schedule, {
    step,
    epoch: Math.floor(step / 1000),
    stepsPerEpoch: 1000,
    epochs: 150,
  });

Deno.test("learningRate() stays constant", () => {
  const schedule: Schedule = { base: 0.1, decay: { kind: "constant" } };
  assert.deepEqual([0, 1, 149_999].map((step) => atStep(schedule, step)), [0.1, 0.1, 0.1]);
});

Deno.test("learningRate() decays over time as Keras does", () => {
  // The first seed's figures: lr / (1 + decay · iteration).
  const schedule: Schedule = { base: 1e-4, decay: { kind: "time", rate: 1e-4 } };
  assertAllClose([0, 10_000, 90_000].map((step) => atStep(schedule, step)), [1e-4, 5e-5, 1e-5], {
    atol: 0,
  });
});

Deno.test("learningRate() follows half a cosine to its floor", () => {
  const schedule: Schedule = { base: 2, decay: { kind: "cosine", floor: 0.1 } };
  assertAllClose(
    [0, 50_000, 75_000, 100_000, 150_000, 160_000].map((step) => atStep(schedule, step)),
    [2, 2 * (0.1 + 0.9 * 0.75), 1.1, 2 * (0.1 + 0.9 * 0.25), 0.2, 0.2],
  );
});

// vedadet configs/trainval/tinaface: lr 3.75e-3, 500 warm-up iterations from × 0.1, cosine restarts of
// 30 epochs × 21 with a floor of 0.01 · lr, set once an epoch.
const tinaface: Schedule = {
  base: 3.75e-3,
  decay: { kind: "cosine-restarts", floor: 0.01, period: 30 },
  warmUp: { from: 0.1, length: 500, unit: "steps" },
};

Deno.test("learningRate() gives TinaFace's restarts and warm-up", () => {
  const at = (epoch: number, step = epoch * 1000) =>
    learningRate(tinaface, { step, epoch, stepsPerEpoch: 1000, epochs: 630 });
  assertAllClose(
    [at(0, 0), at(0, 250), at(0, 499), at(0, 500), at(0, 999)],
    [3.75e-4, 3.75e-3 * 0.55, 3.75e-3 * (1 - 0.9 / 500), 3.75e-3, 3.75e-3],
    { atol: 0 },
  );
  const middle = (3.75e-3 + 3.75e-5) / 2;
  assertAllClose([at(30), at(600), at(15), at(615)], [3.75e-3, 3.75e-3, middle, middle], {
    atol: 0,
  });
  assertClose(at(10), 3.75e-5 + (3.75e-3 - 3.75e-5) * 0.75, { atol: 0 });
  assertClose(at(29), 3.75e-5 + (3.75e-3 - 3.75e-5) * 0.0027390523158633, { atol: 0 });
});

Deno.test("learningRate() goes down in steps", () => {
  const schedule: Schedule = { base: 1, decay: { kind: "step", factor: 0.1, epochs: [60, 120] } };
  assertAllClose(
    [0, 59_999, 60_000, 119_999, 120_000].map((step) => atStep(schedule, step)),
    [1, 1, 0.1, 0.1, 0.01],
  );
});

Deno.test("learningRate() counts the warm-up in epochs when told so", () => {
  const schedule: Schedule = {
    base: 1,
    decay: { kind: "constant" },
    warmUp: { from: 0, length: 2, unit: "epochs" },
  };
  assertAllClose([0, 500, 1999, 2000].map((step) => atStep(schedule, step)), [0, 0.25, 0.9995, 1]);
});

Deno.test("learningRate() stays between nothing and the base rate", () => {
  const decay = fc.oneof(
    fc.constant({ kind: "constant" } as const),
    fc.record({
      kind: fc.constant("time" as const),
      rate: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    fc.record({
      kind: fc.constant("cosine" as const),
      floor: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
    fc.record({
      kind: fc.constant("cosine-restarts" as const),
      floor: fc.double({ min: 0, max: 1, noNaN: true }),
      period: fc.integer({ min: 1, max: 40 }),
    }),
  );
  fc.assert(fc.property(decay, fc.nat(150_000), fc.nat(3000), (decay, step, length) => {
    const warmUp = { from: 0.1, length, unit: "steps" } as const;
    const rate = atStep({ base: 0.1, decay, warmUp }, step);
    assert.ok(rate >= 0 && rate <= 0.1 * (1 + 1e-12));
  }));
});
