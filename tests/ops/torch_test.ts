// Operations and their gradients against PyTorch's, on every backend and without our kernels.
import assert from "node:assert/strict";
import { selectTrainingDevice } from "../../lib/backends/training_device.ts";
import { tf } from "../../lib/deps/tfjs.ts";
import { groupNorm } from "../../lib/kernels/normalization.ts";
import { registerTrainingKernels } from "../../lib/kernels/register.ts";
import { deformConv } from "../../lib/ops/deform_conv.ts";
import { resize } from "../../lib/ops/resize.ts";
import { eachBackend } from "../_support/backends.ts";
import { assertAllClose } from "../_support/close.ts";
import { expectNoTensorLeak } from "../_support/leaks.ts";
import torchValues from "./torch_values.json" with { type: "json" };

/** What PyTorch computed: the value, and the gradient of each input. */
interface Golden {
  readonly shape: readonly number[];
  readonly value: readonly number[];
  readonly gradients: readonly (readonly number[])[];
}

type Compute = (...inputs: tf.Tensor[]) => tf.Tensor;

const GOLDENS: Readonly<Record<string, Golden>> = torchValues;

const deform = (stride: number): Compute => (x, offsets, kernel) =>
  deformConv(x as tf.Tensor4D, tf.mul(offsets!, 2) as tf.Tensor4D, kernel as tf.Tensor4D, {
    stride,
    padding: [1, 1],
  });
const resized = (size: [number, number], method: "bilinear" | "nearest"): Compute => (x) =>
  resize(x as tf.Tensor4D, size, method);

/** The computations of torch_values.py by name, with the shapes of their inputs. */
const CASES: Readonly<Record<string, readonly [Compute, ...number[][]]>> = {
  "deform": [deform(1), [2, 4, 3, 2], [2, 4, 3, 18], [3, 3, 2, 2]],
  "deform strided": [deform(2), [1, 5, 6, 2], [1, 3, 3, 18], [3, 3, 2, 2]],
  "bilinear [6, 4]": [resized([6, 4], "bilinear"), [2, 3, 4, 1]],
  "bilinear [5, 7]": [resized([5, 7], "bilinear"), [2, 3, 4, 1]],
  "bilinear [2, 2]": [resized([2, 2], "bilinear"), [2, 3, 4, 1]],
  "nearest [6, 4]": [resized([6, 4], "nearest"), [2, 3, 4, 1]],
  "nearest [5, 7]": [resized([5, 7], "nearest"), [2, 3, 4, 1]],
  "nearest [2, 2]": [resized([2, 2], "nearest"), [2, 3, 4, 1]],
  "max pool": [
    (x) => tf.maxPool(x as tf.Tensor4D, 3, 2, [[0, 0], [1, 1], [1, 1], [0, 0]]),
    [2, 5, 4, 2],
  ],
  "group norm": [
    (x, gamma, beta) =>
      groupNorm(x as tf.Tensor4D, gamma as tf.Tensor1D, beta as tf.Tensor1D, {
        groups: 2,
        epsilon: 1e-5,
      }),
    [2, 2, 3, 4],
    [4],
    [4],
  ],
};

/** f(0), f(1), f(2), … */
function wave(f: (x: number) => number, shape: readonly number[]): tf.Tensor {
  const size = tf.util.sizeFromShape([...shape]);
  return tf.tensor(Float32Array.from({ length: size }, (_, i) => f(i)), [...shape]);
}

async function assertAsTorch(name: string): Promise<void> {
  const [compute, ...shapes] = CASES[name]!, golden = GOLDENS[name]!;
  const outputs = tf.tidy(() => {
    const inputs = shapes.map((shape) => wave(Math.sin, shape));
    const value = compute(...inputs);
    assert.deepEqual(value.shape, golden.shape);
    return [value, ...tf.grads(compute)(inputs, wave(Math.cos, golden.shape))];
  });
  const numbers = await Promise.all(outputs.map((tensor) => tensor.data()));
  tf.dispose(outputs);
  for (const [i, expected] of [golden.value, ...golden.gradients].entries()) {
    assertAllClose(numbers[i]!, expected, { atol: 2e-5, rtol: 1e-4 });
  }
}

assert.deepEqual(Object.keys(CASES).sort(), Object.keys(GOLDENS).sort());

for (const name of Object.keys(CASES)) {
  eachBackend(`${name} has PyTorch's value and gradients`, async (device) => {
    await selectTrainingDevice(device, (message) => assert.fail(message));
    await expectNoTensorLeak(() => assertAsTorch(name));
  });

  eachBackend(`${name} has them without our kernels`, async () => {
    await registerTrainingKernels({ build: "composed" });
    await expectNoTensorLeak(() => assertAsTorch(name));
  }, ["wasm"]);
}
