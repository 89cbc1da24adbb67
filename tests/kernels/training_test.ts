// A small network trained for a while: the same losses on every device, and nothing left behind.
import assert from "node:assert/strict";
import { tf } from "../../lib/deps/tfjs.ts";
import { batchNormTrain } from "../../lib/kernels/normalization.ts";
import { registerTrainingKernels, type TrainingBuild } from "../../lib/kernels/register.ts";
import { restoreKernels } from "../../lib/kernels/registry.ts";
import { inPlaceUpdates } from "../../lib/kernels/updates.ts";
import { noise } from "./comparison.ts";

interface Training {
  readonly losses: number[];
  /** Before and after the steps that followed the first ones. */
  readonly memory: readonly (tf.MemoryInfo & { readonly heapBytes: number })[];
}

function memory(): Training["memory"][number] {
  const { wasm } = tf.backend() as { wasm?: { asm: { memory: WebAssembly.Memory } } };
  return { ...tf.memory(), heapBytes: wasm?.asm.memory.buffer.byteLength ?? 0 };
}

/** Stem, depthwise, pooling and pointwise layers with batch norms; SGD with momentum. */
async function train(device: TrainingBuild | "cpu", steps: number): Promise<Training> {
  if (device === "cpu") await tf.setBackend("cpu");
  else await registerTrainingKernels({ build: device });
  try {
    const images = tf.tensor4d(noise([3, 15, 15, 3], 1).data, [3, 15, 15, 3]);
    const wanted = tf.tensor4d(noise([3, 4, 4, 5], 2).data, [3, 4, 4, 5]);
    const shapes = [[3, 3, 3, 8], [3, 3, 8, 1], [1, 1, 8, 5], [8], [8], [8], [8]];
    const weights = shapes.map((shape, i) =>
      tf.variable(tf.tensor(noise(shape, 3 + i).data, shape))
    );
    const velocities = shapes.map((shape) => tf.variable(tf.zeros(shape), false));
    const [stem, middle, head] = weights.slice(0, 3) as unknown as [
      ...[tf.Tensor4D, tf.Tensor4D, tf.Tensor4D],
    ];
    const norms = weights.slice(3) as unknown as tf.Tensor1D[];
    const normalize = (x: tf.Tensor4D, i: number, activation: "relu" | "relu6") =>
      batchNormTrain(x, norms[i]!, norms[i + 1]!, { epsilon: 1e-3, activation }).y;
    const loss = () => {
      let x = normalize(tf.conv2d(images, stem, 2, "same"), 0, "relu6");
      x = normalize(tf.depthwiseConv2d(x, middle, 1, "same"), 2, "relu");
      x = tf.conv2d(tf.maxPool(x, 3, 2, "same"), head, 1, "same");
      return tf.mean(tf.squaredDifference(x, wanted)) as tf.Scalar;
    };
    const rate = 0.05, momentum = 0.8;
    const step = () =>
      tf.tidy(() => {
        const { value, grads } = tf.variableGrads(loss, weights);
        weights.forEach((variable, i) => {
          const gradient = grads[variable.name]!, velocity = velocities[i]!;
          const updates = inPlaceUpdates();
          if (updates) {
            updates.momentum({ variable, gradient, velocity }, { momentum, rate, nesterov: false });
          } else {
            velocity.assign(tf.add(tf.mul(velocity, momentum), gradient));
            variable.assign(tf.sub(variable, tf.mul(velocity, rate)));
          }
        });
        return value;
      });
    const losses: number[] = [];
    let before = memory();
    for (let i = 0; i < steps; i++) {
      if (i === 3) before = memory();
      const value = step();
      losses.push((await value.data())[0]!);
      value.dispose();
    }
    const after = memory();
    tf.dispose([images, wanted, ...weights, ...velocities]);
    return { losses, memory: [before, after] };
  } finally {
    restoreKernels();
  }
}

Deno.test("losses of 20 steps on wasm are those on cpu to one part in a thousand", async () => {
  const { losses: expected } = await train("cpu", 20);
  assert.ok(expected.at(-1)! < expected[0]! / 2, "the network learns");
  for (const device of ["relaxed", "simd", "composed"] as const) {
    const { losses } = await train(device, 20);
    losses.forEach((loss, i) => {
      const error = Math.abs(loss - expected[i]!) / expected[i]!;
      assert.ok(error < 1e-3, `${device} step ${i}: ${loss}, expected ${expected[i]}`);
    });
  }
});

Deno.test("1,000 steps leave neither tensors nor memory behind", async () => {
  const { memory: [before, after] } = await train("relaxed", 1000);
  assert.equal(after!.numTensors, before!.numTensors);
  assert.equal(after!.numBytes, before!.numBytes);
  assert.equal(after!.heapBytes, before!.heapBytes);
});
