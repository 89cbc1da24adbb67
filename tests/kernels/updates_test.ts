// Updates in place against their formulas in double precision.
import assert from "node:assert/strict";
import { tf } from "../../lib/deps/tfjs.ts";
import { type InPlaceUpdates, inPlaceUpdates } from "../../lib/kernels/updates.ts";
import { assertClose, compute, noise, type Values } from "./comparison.ts";

const COUNT = 23;
const SHAPE = [COUNT];

/** Runs an update on variables that start as `inputs`, the gradient last, and reads them back. */
function runUpdate(
  build: "relaxed" | "simd",
  inputs: readonly Values[],
  update: (updates: InPlaceUpdates, variables: tf.Variable[], gradient: tf.Tensor) => void,
): Promise<Values[]> {
  return compute(build, inputs, (...tensors) => {
    const gradient = tensors.pop()!;
    const variables = tensors.map((tensor) => tf.variable(tensor));
    update(inPlaceUpdates()!, variables, gradient);
    const results = variables.map((variable) => tf.add(variable, 0));
    tf.dispose(variables);
    return results;
  });
}

const values = (data: number[]): Values => ({ shape: SHAPE, data: Float32Array.from(data) });
const [w, v, m, g] = [1, 2, 3, 4].map((seed) => noise(SHAPE, seed)) as [
  Values,
  Values,
  Values,
  Values,
];
v.data.forEach((value, i) => v.data[i] = Math.abs(value));

for (const build of ["relaxed", "simd"] as const) {
  for (const nesterov of [false, true]) {
    Deno.test(`momentum() (${build}, nesterov ${nesterov}) makes the step of its formula`, async () => {
      const actual = await runUpdate(
        build,
        [w, v, g],
        (updates, [variable, velocity], gradient) =>
          updates.momentum(
            { variable: variable!, velocity: velocity!, gradient },
            { momentum: 0.9, rate: 0.1, nesterov },
          ),
      );
      const velocity = Array.from(v.data, (value, i) => 0.9 * value + g.data[i]!);
      const moved = Array.from(
        w.data,
        (value, i) => value - 0.1 * (nesterov ? g.data[i]! + 0.9 * velocity[i]! : velocity[i]!),
      );
      assertClose(actual, [values(moved), values(velocity)], 1e-6);
    });
  }

  Deno.test(`updates (${build}) take what is next to nothing for zero, and leave NaN alone`, async () => {
    const small = values(Array.from({ length: COUNT }, (_, i) => i % 2 === 0 ? 1e-38 : -3e-31));
    small.data[4] = NaN; // in a vector
    small.data[COUNT - 1] = NaN; // in the rest
    const zero = values(Array(COUNT).fill(0));
    const [averaged] = await runUpdate(
      build,
      [small, zero],
      (updates, [variable], value) =>
        updates.average({ variable: variable!, value }, { keep: 0.9 }),
    );
    const expected = Array.from(small.data, (value) => Number.isNaN(value) ? NaN : 0);
    assert.deepEqual(Array.from(averaged!.data, (value) => value + 0), expected);
  });

  Deno.test(`adam() (${build}) makes the step of its formula`, async () => {
    const options = { beta1: 0.9, beta2: 0.99, rate: 0.05, epsilon: 1e-4 };
    const actual = await runUpdate(
      build,
      [w, m, v, g],
      (updates, [variable, mean, square], gradient) =>
        updates.adam({ variable: variable!, m: mean!, v: square!, gradient }, options),
    );
    const mean = Array.from(m.data, (value, i) => 0.9 * value + 0.1 * g.data[i]!);
    const square = Array.from(v.data, (value, i) => 0.99 * value + 0.01 * g.data[i]! ** 2);
    const moved = Array.from(
      w.data,
      (value, i) => value - 0.05 * mean[i]! / (Math.sqrt(square[i]!) + 1e-4),
    );
    assertClose(actual, [values(moved), values(mean), values(square)], 1e-6);
  });

  Deno.test(`average() (${build}) moves towards the value`, async () => {
    const actual = await runUpdate(
      build,
      [w, g],
      (updates, [variable], value) =>
        updates.average({ variable: variable!, value }, { keep: 0.75 }),
    );
    const expected = Array.from(w.data, (value, i) => 0.75 * value + 0.25 * g.data[i]!);
    assertClose(actual, [values(expected)], 1e-6);
  });
}

Deno.test("updates in place leave a clone of the variable alone", async () => {
  const [snapshot] = await compute("relaxed", [w, g], (start, value) => {
    const variable = tf.variable(start!);
    const clone = tf.clone(variable);
    inPlaceUpdates()!.average({ variable, value: value! }, { keep: 0 });
    variable.dispose();
    return [clone];
  });
  assert.deepEqual(snapshot!.data, w.data);
});

Deno.test("inPlaceUpdates() is undefined where there are no kernels", async () => {
  await compute("cpu", [], () => {
    assert.equal(inPlaceUpdates(), undefined);
    return [];
  });
});
