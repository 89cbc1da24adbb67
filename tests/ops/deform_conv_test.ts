// Deformable convolution where its value is known: no offsets, whole pixels, far outside, nowhere.
import assert from "node:assert/strict";
import { selectTrainingDevice } from "../../lib/backends/training_device.ts";
import { tf } from "../../lib/deps/tfjs.ts";
import { deformConv } from "../../lib/ops/deform_conv.ts";
import { eachBackend } from "../_support/backends.ts";
import { assertAllClose } from "../_support/close.ts";

const SHAPE: [number, number, number, number] = [2, 5, 6, 3];
const OPTIONS = { stride: 1, padding: [1, 1] } as const;

const image = () => tf.sin(tf.reshape(tf.range(0, 180, 1, "float32"), SHAPE)) as tf.Tensor4D;
const kernel = () =>
  tf.cos(tf.reshape(tf.range(0, 108, 1, "float32"), [3, 3, 3, 4])) as tf.Tensor4D;

/** Offsets that are the same for every tap and place. */
const shift = (down: number, right: number) =>
  tf.tile(tf.tensor4d([down, right], [1, 1, 1, 2]), [2, 5, 6, 9]) as tf.Tensor4D;

const never = (message: string) => assert.fail(message);

async function numbersOf(compute: () => tf.Tensor): Promise<ArrayLike<number>> {
  const tensor = tf.tidy(compute), numbers = await tensor.data();
  tensor.dispose();
  return numbers;
}

eachBackend("deformConv() without offsets is a convolution", async (device) => {
  await selectTrainingDevice(device, never);
  const actual = await numbersOf(() => deformConv(image(), shift(0, 0), kernel(), OPTIONS));
  const expected = await numbersOf(() => tf.conv2d(image(), kernel(), 1, "same"));
  assertAllClose(actual, expected, { atol: 2e-5 });
});

eachBackend(
  "deformConv() with whole offsets convolves the image moved against them",
  async (device) => {
    await selectTrainingDevice(device, never);
    const actual = await numbersOf(() => deformConv(image(), shift(1, -2), kernel(), OPTIONS));
    // One row further down, two columns further left, with the border of the window around it.
    const expected = await numbersOf(() => {
      const padded = tf.pad4d(image(), [[0, 0], [0, 2], [3, 0], [0, 0]]);
      return tf.conv2d(tf.slice4d(padded, [0, 0, 0, 0], [-1, 7, 8, -1]), kernel(), 1, "valid");
    });
    assertAllClose(actual, expected, { atol: 2e-5 });
  },
);

eachBackend("deformConv() sees zeros where offsets lead out of the image", async (device) => {
  await selectTrainingDevice(device, never);
  for (const [down, right] of [[1e6, 0], [0, -1e6], [-7, 0], [0, 8], [NaN, Infinity]] as const) {
    const [value, ...gradients] = await Promise.all(
      tf.tidy(() => {
        const inputs = [image(), shift(down, right), kernel()];
        const compute = (...[x, offsets, weights]: tf.Tensor[]) =>
          deformConv(x as tf.Tensor4D, offsets as tf.Tensor4D, weights as tf.Tensor4D, OPTIONS);
        return [compute(...inputs), ...tf.grads(compute)(inputs)];
      }).map(async (tensor) => {
        const numbers = await tensor.data();
        tensor.dispose();
        return numbers;
      }),
    );
    assert.deepEqual([...new Set(value!)], [0]);
    for (const gradient of gradients) assert.ok(gradient.every((g) => g === 0));
  }
});
