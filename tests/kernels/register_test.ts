// Registration: builds, fallbacks, and what a step leaves behind.
import assert from "node:assert/strict";
import { tf } from "../../lib/deps/tfjs.ts";
import { supportedBuild } from "../../lib/kernels/module.ts";
import { registerTrainingKernels } from "../../lib/kernels/register.ts";
import { restoreKernels } from "../../lib/kernels/registry.ts";
import { assertClose, compute, noise, withGradients } from "./comparison.ts";

Deno.test("registerTrainingKernels() takes the fastest build and makes wasm current", async () => {
  assert.equal(await registerTrainingKernels(), supportedBuild());
  assert.equal(tf.getBackend(), "wasm");
  restoreKernels();
});

Deno.test("restoreKernels() brings tfjs' own kernels back", async () => {
  await tf.setBackend("wasm");
  const before = tf.getKernel("Conv2D", "wasm");
  await registerTrainingKernels();
  assert.notEqual(tf.getKernel("Conv2D", "wasm"), before);
  restoreKernels();
  assert.equal(tf.getKernel("Conv2D", "wasm"), before);
  assert.equal(tf.getKernel("Conv2DBackpropFilter", "wasm"), undefined);
});

Deno.test("a case without a kernel warns once and is right", async () => {
  const inputs = [noise([2, 6, 5, 3], 1), noise([3, 3, 3, 2], 2)]; // channel multiplier 2
  const f = withGradients((x, filter) =>
    tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 2, "same")
  );
  const expected = await compute("cpu", inputs, f);
  const warnings: string[] = [];
  await registerTrainingKernels({ warn: (message) => warnings.push(message) });
  try {
    for (let i = 0; i < 2; i++) {
      const outputs = tf.tidy(() =>
        f(...inputs.map(({ data, shape }) => tf.tensor(data, [...shape])))
      );
      const actual = await Promise.all(outputs.map(async (output) => ({
        shape: output.shape,
        data: await output.data() as Float32Array,
      })));
      tf.dispose(outputs);
      assertClose(actual, expected, 2e-6);
    }
  } finally {
    restoreKernels();
  }
  assert.equal(warnings.length, 3);
  for (const name of ["Native ", "NativeBackpropInput ", "NativeBackpropFilter "]) {
    assert.ok(warnings.some((warning) => warning.startsWith(`DepthwiseConv2d${name}`)), name);
  }
});

Deno.test("a dilated convolution falls back to tfjs' own", async () => {
  const inputs = [noise([1, 9, 9, 4], 1), noise([3, 3, 4, 5], 2)];
  const f = (x: tf.Tensor, filter: tf.Tensor) => [
    tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, "same", "NHWC", 2),
  ];
  assertClose(await compute("relaxed", inputs, f), await compute("cpu", inputs, f), 2e-6);
});

Deno.test("a tensor that does not fit the wasm memory is a RangeError", async () => {
  await registerTrainingKernels();
  try {
    const pixel = tf.zeros([1, 1, 1, 1]) as tf.Tensor4D;
    assert.throws(
      () => tf.image.resizeNearestNeighbor(pixel, [40_000, 40_000]),
      /^RangeError: Cannot allocate 6104 MiB: the wasm memory is full/,
    );
    pixel.dispose();
  } finally {
    restoreKernels();
  }
});
