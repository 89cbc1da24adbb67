// The convolution kernels against tfjs' cpu backend, values and both gradients.
import { tf } from "../../lib/deps/tfjs.ts";
import { assertClose, BUILDS, compute, noise, withGradients } from "./comparison.ts";

type Pad = "same" | "valid" | number | [[0, 0], [number, number], [number, number], [0, 0]];

/** batch, height, width, in, out, filter height, filter width, stride, padding */
type Case = readonly [number, number, number, number, number, number, number, number, Pad];

const UNEVEN: Pad = [[0, 0], [0, 1], [2, 1], [0, 0]];

const DENSE: readonly Case[] = [
  [1, 5, 7, 3, 5, 1, 1, 1, "same"],
  [3, 6, 5, 8, 16, 1, 1, 1, "valid"],
  [1, 5, 5, 4, 9, 1, 1, 2, "same"],
  [1, 3, 3, 5, 6, 1, 1, 2, 1],
  [3, 7, 9, 3, 16, 3, 3, 2, "same"],
  [1, 8, 8, 3, 8, 3, 3, 2, "same"],
  [3, 7, 5, 7, 6, 3, 3, 1, "same"],
  [1, 9, 6, 2, 3, 3, 3, 1, "valid"],
  [1, 7, 7, 4, 4, 3, 3, 2, UNEVEN],
  [3, 6, 8, 1, 1, 5, 3, 1, "same"],
  [1, 4, 6, 3, 5, 2, 2, 1, 2],
  [1, 9, 9, 50, 10, 3, 3, 1, "same"],
];

const DEPTHWISE: readonly Case[] = [
  [1, 7, 7, 8, 1, 3, 3, 1, "same"],
  [3, 7, 7, 8, 1, 3, 3, 2, "same"],
  [3, 8, 6, 6, 1, 3, 3, 2, "same"],
  [1, 9, 13, 5, 1, 3, 3, 1, "valid"],
  [3, 6, 5, 3, 1, 3, 3, 1, "same"],
  [1, 7, 8, 1, 1, 3, 3, 2, UNEVEN],
  [1, 6, 6, 7, 1, 5, 5, 1, "same"],
  [3, 9, 7, 4, 1, 5, 5, 2, "same"],
  [1, 7, 7, 9, 1, 2, 4, 3, "valid"],
  [1, 5, 5, 4, 1, 3, 3, 1, 3],
  [1, 5, 5, 12, 1, 1, 1, 1, "same"],
];

for (const build of BUILDS) {
  Deno.test(`Conv2D and its gradients (${build}) agree with the cpu backend`, async () => {
    for (const [batch, height, width, channels, out, fh, fw, stride, pad] of DENSE) {
      const inputs = [
        noise([batch, height, width, channels], 1),
        noise([fh, fw, channels, out], 2),
      ];
      const f = withGradients((x, filter) =>
        tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, pad)
      );
      const expected = await compute("cpu", inputs, f);
      const about = JSON.stringify([batch, height, width, channels, out, fh, fw, stride, pad]);
      assertClose(await compute(build, inputs, f), expected, 2e-6, about);
    }
  });

  Deno.test(`DepthwiseConv2dNative and its gradients (${build}) agree with cpu`, async () => {
    for (const [batch, height, width, channels, out, fh, fw, stride, pad] of DEPTHWISE) {
      const inputs = [
        noise([batch, height, width, channels], 3),
        noise([fh, fw, channels, out], 4),
      ];
      const f = withGradients((x, filter) =>
        tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, pad as "same")
      );
      const expected = await compute("cpu", inputs, f);
      const about = JSON.stringify([batch, height, width, channels, out, fh, fw, stride, pad]);
      assertClose(await compute(build, inputs, f), expected, 2e-6, about);
    }
  });
}
