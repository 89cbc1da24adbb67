/**
 * Running the same computation on tfjs' wasm and cpu backends and comparing the numbers.
 *
 * @module
 */
import assert from "node:assert/strict";
import { loadCpuBackend, loadWasmBackend, tf } from "../../lib/deps/tfjs.ts";
import { loadGradients } from "../../lib/deps/tfjs_gradients.ts";
import { registerTrainingKernels, type TrainingBuild } from "../../lib/kernels/register.ts";
import { restoreKernels } from "../../lib/kernels/registry.ts";

tf.enableProdMode();
await loadCpuBackend();
await loadWasmBackend();
await loadGradients();

/** An array of numbers with its shape, on no backend. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Numbers in [-1, 1), the same for the same seed (mulberry32). */
export function noise(shape: readonly number[], seed: number): Values {
  const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
  let state = seed;
  for (let i = 0; i < data.length; i++) {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    data[i] = ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1;
  }
  return { shape, data };
}

/** Computes on a backend and reads the results; checks that no tensor is left over. */
export async function compute(
  device: TrainingBuild | "cpu",
  inputs: readonly Values[],
  f: (...tensors: tf.Tensor[]) => tf.Tensor[],
): Promise<Values[]> {
  if (device === "cpu") await tf.setBackend("cpu");
  else await registerTrainingKernels({ build: device });
  try {
    const before = tf.memory().numTensors;
    const outputs = tf.tidy(() =>
      f(...inputs.map(({ data, shape }) => tf.tensor(data, [...shape])))
    );
    const results = await Promise.all(outputs.map(async (output) => ({
      shape: output.shape,
      data: await output.data() as Float32Array,
    })));
    tf.dispose(outputs);
    assert.equal(tf.memory().numTensors, before, "tensors left over");
    return results;
  } finally {
    restoreKernels();
  }
}

/** Fails unless every number is within `tolerance` of the expected, relative to the largest one. */
export function assertClose(
  actual: readonly Values[],
  expected: readonly Values[],
  tolerance: number,
  about = "",
): void {
  assert.deepEqual(actual.map(({ shape }) => shape), expected.map(({ shape }) => shape), about);
  actual.forEach(({ data }, output) => {
    const wanted = expected[output]!.data;
    const scale = Math.max(1, wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
    data.forEach((value, i) => {
      const error = Math.abs(value - wanted[i]!) / scale;
      assert.ok(
        error <= tolerance,
        `${about} output ${output} element ${i}: ${value}, expected ${wanted[i]}`,
      );
    });
  });
}

/** Value of f and its gradients with respect to every input, from dy of ones times `weights`. */
export function withGradients(
  f: (...tensors: tf.Tensor[]) => tf.Tensor,
): (...tensors: tf.Tensor[]) => tf.Tensor[] {
  return (...tensors) => {
    const y = f(...tensors);
    const dy = tf.cos(tf.reshape(tf.range(0, y.size, 1, "float32"), y.shape));
    return [y, ...tf.grads(f)(tensors, dy)];
  };
}

/** The builds of the kernels, and the composed gradients without them. */
export const BUILDS: readonly TrainingBuild[] = ["relaxed", "simd", "composed"];
