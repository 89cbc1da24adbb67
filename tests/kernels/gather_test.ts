// Rows by number: against cpu, and against what must not be read.
import assert from "node:assert/strict";
import { tf } from "../../lib/deps/tfjs.ts";
import { registerTrainingKernels } from "../../lib/kernels/register.ts";
import { restoreKernels } from "../../lib/kernels/registry.ts";
import { assertClose, BUILDS, compute, noise, withGradients } from "./comparison.ts";

const INDICES = [3, 0, 3, 4, 1, 3];

for (const build of BUILDS) {
  Deno.test(`gather takes rows, and its gradient sums them, on ${build}`, async () => {
    for (const shape of [[5], [5, 1], [5, 7], [5, 2, 3]]) {
      const f = withGradients((x) => tf.gather(x, tf.tensor1d(INDICES, "int32")));
      const inputs = [noise(shape, 1)];
      assertClose(await compute(build, inputs, f), await compute("cpu", inputs, f), 1e-6);
    }
  });
}

Deno.test("gather refuses rows that are not there", async () => {
  await registerTrainingKernels();
  try {
    for (const index of [-1, 5]) {
      assert.throws(
        () => tf.tidy(() => tf.gather(tf.zeros([5, 3]), tf.tensor1d([0, index], "int32"))),
        {
          name: "RangeError",
          message: `Cannot gather rows: row "${index}" of "5" is not there`,
        },
      );
    }
  } finally {
    restoreKernels();
  }
});

Deno.test("gather along another axis is left to tfjs", async () => {
  const f = (x: tf.Tensor) => [tf.gather(x, tf.tensor1d([2, 0], "int32"), 1)];
  const inputs = [noise([2, 3, 4], 1)];
  assertClose(await compute("relaxed", inputs, f), await compute("cpu", inputs, f), 0);
});
