// Batch and group norm: kernels against composed ops on the cpu backend, and both against finite
// differences.
import assert from "node:assert/strict";
import { tf } from "../../lib/deps/tfjs.ts";
import {
  batchNormTrain,
  type ClampActivation,
  groupNorm,
} from "../../lib/kernels/normalization.ts";
import { assertClose, BUILDS, compute, noise, type Values, withGradients } from "./comparison.ts";

type Norm = (...tensors: tf.Tensor[]) => tf.Tensor;

const SHAPES = [[1, 5, 7, 3], [3, 4, 4, 8], [2, 9, 7, 5], [2, 3, 3, 24], [3, 8, 8, 6], [
  1,
  2,
  2,
  70,
]];
const ACTIVATIONS: readonly ClampActivation[] = ["none", "relu", "relu6"];

const batchNorm = (activation: ClampActivation): Norm => (x, gamma, beta) =>
  batchNormTrain(x as tf.Tensor4D, gamma as tf.Tensor1D, beta as tf.Tensor1D, {
    epsilon: 1e-3,
    activation,
  }).y;

const groupsOf = (size: number, activation: ClampActivation): Norm => (x, gamma, beta) =>
  groupNorm(x as tf.Tensor4D, gamma as tf.Tensor1D, beta as tf.Tensor1D, {
    groups: x!.shape[3]! / size,
    epsilon: 1e-3,
    activation,
  });

/** x away from zero mean, gamma and beta wide enough for relu6 to cut at both ends. */
function normInputs(shape: readonly number[]): Values[] {
  const channels = shape.at(-1)!;
  const x = noise(shape, 1), gamma = noise([channels], 2), beta = noise([channels], 3);
  x.data.forEach((value, i) => x.data[i] = value * 3 + 10 + i % channels);
  gamma.data.forEach((value, i) => gamma.data[i] = value * 8);
  beta.data.forEach((value, i) => beta.data[i] = value * 4);
  return [x, gamma, beta];
}

/** Slopes of Σ f · cos(index) by central differences, on cpu. */
async function slopes(inputs: readonly Values[], f: Norm, step: number): Promise<Values[]> {
  const results: Values[] = [];
  for (const { shape, data } of inputs) {
    const slope = new Float32Array(data.length);
    for (let i = 0; i < data.length; i++) {
      const before = data[i]!;
      const sums: number[] = [];
      for (const sign of [1, -1]) {
        data[i] = before + sign * step;
        const [y] = await compute("cpu", inputs, (...tensors) => [f(...tensors)]);
        sums.push(y!.data.reduce((sum, value, j) => sum + value * Math.cos(j), 0));
      }
      data[i] = before;
      slope[i] = (sums[0]! - sums[1]!) / (2 * step);
    }
    results.push({ shape, data: slope });
  }
  return results;
}

for (const build of BUILDS) {
  Deno.test(`batchNormTrain() (${build}) agrees with the cpu backend`, async () => {
    for (const shape of SHAPES) {
      for (const activation of ACTIVATIONS) {
        const f = withGradients(batchNorm(activation)), inputs = normInputs(shape);
        const expected = await compute("cpu", inputs, f);
        assertClose(await compute(build, inputs, f), expected, 1e-4, `${shape} ${activation}`);
      }
    }
  });

  Deno.test(`batchNormTrain() (${build}) gives the mean and the biased variance`, async () => {
    const inputs = normInputs([2, 3, 2, 3]);
    const [mean, variance] = await compute(build, inputs, (x, gamma, beta) => {
      const options = { epsilon: 1e-3, activation: "relu6" } as const;
      const result = batchNormTrain(
        x as tf.Tensor4D,
        gamma as tf.Tensor1D,
        beta as tf.Tensor1D,
        options,
      );
      return [result.mean, result.variance];
    });
    for (let c = 0; c < 3; c++) {
      const values = inputs[0]!.data.filter((_, i) => i % 3 === c);
      const centre = values.reduce((a, b) => a + b) / values.length;
      const spread = values.reduce((sum, v) => sum + (v - centre) ** 2, 0) / values.length;
      assert.ok(Math.abs(mean!.data[c]! - centre) < 1e-5);
      assert.ok(Math.abs(variance!.data[c]! - spread) < 1e-5);
    }
  });

  Deno.test(`batchNormTrain() (${build}) keeps the variance of a large mean exact`, async () => {
    const x = {
      shape: [1, 1, 64, 1],
      data: Float32Array.from({ length: 64 }, (_, i) => 4096 + i % 2),
    };
    const ones = { shape: [1], data: Float32Array.of(1) };
    const [variance] = await compute(build, [x, ones, ones], (x, gamma, beta) => [
      batchNormTrain(x as tf.Tensor4D, gamma as tf.Tensor1D, beta as tf.Tensor1D, { epsilon: 1e-3 })
        .variance,
    ]);
    assert.equal(variance!.data[0], 0.25);
  });

  Deno.test(`groupNorm() (${build}) agrees with the cpu backend`, async () => {
    for (
      const [shape, size] of [[[1, 3, 5, 6], 3], [[3, 4, 4, 8], 2], [[2, 5, 3, 7], 1], [
        [2, 3, 3, 5],
        5,
      ]] as const
    ) {
      for (const activation of ACTIVATIONS) {
        const f = withGradients(groupsOf(size, activation)), inputs = normInputs(shape);
        const expected = await compute("cpu", inputs, f);
        assertClose(await compute(build, inputs, f), expected, 1e-4, `${shape} ${activation}`);
      }
    }
  });

  Deno.test(`batchNormTrain(), groupNorm() (${build}) have the slopes of differences`, async () => {
    // Small, so that no value crosses the ends of relu6 within a step.
    for (const f of [batchNorm("relu6"), groupsOf(2, "none")]) {
      const inputs = normInputs([2, 2, 3, 4]);
      const [, ...gradients] = await compute(build, inputs, withGradients(f));
      assertClose(gradients, await slopes(inputs, f, 4e-3), 2e-3);
    }
  });
}

Deno.test("groupNorm() rejects groups that do not divide the channels", () => {
  assert.throws(
    () =>
      groupNorm(tf.zeros([1, 1, 1, 6]), tf.ones([6]), tf.zeros([6]), { groups: 4, epsilon: 1e-3 }),
    RangeError,
  );
});
