// The other gradients, against exact Jacobians of tfjs' cpu forward, brute force, or cpu itself.
import assert from "node:assert/strict";
import { tf } from "../../lib/deps/tfjs.ts";
import { assertClose, BUILDS, compute, noise, type Values, withGradients } from "./comparison.ts";

/** dx of a linear op for a given dy: the transposed Jacobian, one basis image at a time, on cpu. */
async function exactGradient(
  shape: readonly number[],
  dy: Values,
  f: (x: tf.Tensor4D) => tf.Tensor,
): Promise<Values> {
  const [batch, ...image] = shape;
  const size = image.reduce((a, b) => a * b);
  const basis = { shape: [size, ...image], data: new Float32Array(size * size) };
  for (let i = 0; i < size; i++) basis.data[i * size + i] = 1;
  const [columns] = await compute("cpu", [basis], (x) => [f(x as tf.Tensor4D)]);
  const outSize = columns!.data.length / size;
  const data = new Float32Array(batch! * size);
  for (let b = 0; b < batch!; b++) {
    for (let i = 0; i < size; i++) {
      for (let o = 0; o < outSize; o++) {
        data[b * size + i]! += columns!.data[i * outSize + o]! * dy.data[b * outSize + o]!;
      }
    }
  }
  return { shape, data };
}

const RESIZES: readonly (readonly [number, number, number, number, number])[] = [
  // height, width, channels, new height, new width
  [3, 4, 5, 6, 8],
  [5, 4, 2, 7, 3],
  [4, 6, 4, 2, 3],
  [1, 3, 1, 4, 1],
];

for (const build of BUILDS) {
  for (const resize of [tf.image.resizeBilinear, tf.image.resizeNearestNeighbor]) {
    Deno.test(`${resize.name} (${build}) has the exact gradient`, async () => {
      for (const [height, width, channels, newHeight, newWidth] of RESIZES) {
        for (const [align, half] of [[false, false], [true, false], [false, true]] as const) {
          const f = (x: tf.Tensor4D) => resize(x, [newHeight, newWidth], align, half);
          const shape = [3, height, width, channels];
          const dy = noise([3, newHeight, newWidth, channels], 5);
          const actual = await compute(
            build,
            [noise(shape, 6), dy],
            (x, dy) => [tf.grad(f as (x: tf.Tensor) => tf.Tensor)(x!, dy)],
          );
          const about = JSON.stringify([height, width, channels, newHeight, newWidth, align, half]);
          assertClose(actual, [await exactGradient(shape, dy, f)], 1e-5, about);
        }
      }
    });
  }

  Deno.test(`maxPool (${build}) sends its gradient to the first largest input`, async () => {
    for (const [batch, height, width, channels, size, stride, pad] of POOLS) {
      const x = noise([batch, height, width, channels], 7);
      x.data.forEach((value, i) => x.data[i] = Math.round(value * 3) / 3 - 1); // negative, with ties
      const f = withGradients((x) => tf.maxPool(x as tf.Tensor4D, size, stride, pad));
      // tfjs' cpu gradient was itself compared with a brute-force search for the largest input.
      assertClose(
        await compute(build, [x], f),
        await compute("cpu", [x], f),
        1e-6,
        `${size} ${pad}`,
      );
    }
  });

  Deno.test(`relu, relu6 (${build}) have the gradients of the cpu backend`, async () => {
    for (const activation of [tf.relu, tf.relu6]) {
      const x = noise([2, 3, 5, 7], 8);
      x.data.set([0, 6, 6.5, -0]);
      x.data.forEach((value, i) => x.data[i] = i < 4 ? value : value * 9);
      const f = withGradients((x) => activation(x));
      assertClose(await compute(build, [x], f), await compute("cpu", [x], f), 1e-6);
    }
  });

  Deno.test(`gather (${build}) has the gradient of the cpu backend`, async () => {
    const f = withGradients((x) => tf.gather(x, tf.tensor1d([4, 0, 4, 2, 4], "int32")));
    for (const shape of [[5, 3], [6, 2, 5]]) {
      const x = noise(shape, 9);
      assertClose(await compute(build, [x], f), await compute("cpu", [x], f), 1e-6);
    }
  });
}

const POOLS:
  readonly (readonly [number, number, number, number, number, number, "same" | "valid"])[] = [
    [1, 4, 4, 3, 2, 2, "valid"],
    [3, 7, 5, 4, 3, 2, "same"],
    [2, 6, 6, 1, 3, 1, "same"],
  ];

Deno.test("tfjs' cpu maxPool gradient agrees with a brute-force search", async () => {
  const x = noise([2, 5, 4, 1], 10);
  x.data.forEach((value, i) => x.data[i] = Math.round(value * 3) / 3 - 1);
  const [, dx] = await compute(
    "cpu",
    [x],
    withGradients((x) => tf.maxPool(x as tf.Tensor4D, 2, 1, "valid")),
  );
  const expected = new Float32Array(x.data.length);
  let output = 0;
  for (let b = 0; b < 2; b++) {
    for (let y = 0; y < 4; y++) {
      for (let column = 0; column < 3; column++) {
        const window = [0, 1, 4, 5].map((offset) => b * 20 + y * 4 + column + offset);
        const largest = Math.max(...window.map((i) => x.data[i]!));
        expected[window.find((i) => x.data[i] === largest)!]! += Math.cos(output++);
      }
    }
  }
  dx!.data.forEach((value, i) => assert.ok(Math.abs(value - expected[i]!) < 1e-6));
});
