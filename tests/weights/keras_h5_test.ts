// Files that h5py wrote in Keras' layouts.
import assert from "node:assert/strict";
import { isHdf5, readKerasH5 } from "../../lib/weights/keras_h5.ts";
import { assertAllClose } from "../_support/close.ts";
import { sines, weightFixture } from "./fixtures.ts";

const ROLES = ["beta", "gamma", "moving_mean", "moving_variance"];
const MOBILENET = [
  "Conv1/kernel [3,3,3,16]",
  "block_16_project/kernel [1,1,2,3]",
  ...ROLES.map((role) => `bn_Conv1/${role} [16]`),
  "expanded_conv_depthwise/depthwise_kernel [3,3,16,1]",
  ...ROLES.map((role) => `expanded_conv_depthwise_BN/${role} [16]`),
  "predictions/bias [3]",
  "predictions/kernel [2,3]",
];

for (const file of ["mobilenet_v2.h5", "mobilenet_v2_model.h5"]) {
  Deno.test(`readKerasH5() reads the weights of ${file} by layer and role`, async () => {
    const bytes = await weightFixture(file);
    assert.ok(isHdf5(bytes));
    const weights = readKerasH5(bytes);
    assert.deepEqual(
      [...weights].map(([name, { shape }]) => `${name} [${shape}]`).sort(),
      MOBILENET,
    );
    for (const { data } of weights.values()) assertAllClose(data, sines(data.length));
  });
}

Deno.test("readKerasH5() reads compressed, shuffled, double and big-endian numbers", async () => {
  const weights = readKerasH5(await weightFixture("compressed.h5"));
  assert.deepEqual([...weights.keys()].sort(), ["dense/bias", "dense/kernel"]);
  assert.deepEqual(weights.get("dense/kernel")!.shape, [5, 12]);
  assertAllClose(weights.get("dense/kernel")!.data, sines(60));
  assertAllClose(weights.get("dense/bias")!.data, sines(12));
});

Deno.test("readKerasH5() refuses whole numbers", async () => {
  const bytes = await weightFixture("integers.h5");
  assert.throws(() => readKerasH5(bytes), {
    name: "SyntaxError",
    message: 'Cannot read weights: "layer/kernel" has type "<i8", expected floats',
  });
});

Deno.test("readKerasH5() refuses a file that is cut short anywhere", async () => {
  for (const file of ["vgg16.h5", "mobilenet_v2_model.h5"]) {
    const bytes = await weightFixture(file);
    for (let length = 0; length < bytes.length; length++) {
      assert.throws(() => readKerasH5(bytes.subarray(0, length)), {
        name: "SyntaxError",
        message: "Cannot read weights: the bytes are not an HDF5 file, or cut short",
      });
    }
  }
});
