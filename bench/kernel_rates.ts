/**
 * Rates of the convolution kernels on one core, layer by layer; those of dense ones beside a plain
 * product of the same matrices, and beside what memory lets through.
 *
 * @module
 */
import { tf } from "../lib/deps/tfjs.ts";
import { PlainProduct, type ProductShape } from "./plain_product.ts";

/** Input side, input channels, output channels, filter side, stride. */
type Layer = readonly [number, number, number, number, number];

/** Layers of the network, and the product of the first one without its window. */
const DENSE: readonly Layer[] = [
  [224, 3, 16, 3, 2],
  [112, 27, 16, 1, 1],
  [112, 8, 48, 1, 1],
  [56, 48, 8, 1, 1],
  [28, 16, 96, 1, 1],
  [14, 144, 24, 1, 1],
  [7, 336, 112, 1, 1],
  [7, 112, 1280, 1, 1],
  [40, 64, 64, 3, 1],
];

/** Input side, channels, stride. */
const DEPTHWISE = [[112, 16, 1], [112, 48, 2], [56, 48, 1], [14, 192, 1], [7, 336, 1]] as const;

/** Runs of which the fastest counts. */
const RUNS = 9;

/** Bytes to measure the memory with, more than a second-level cache holds. */
const COPIED_BYTES = 32 * 2 ** 20;

/** Milliseconds of the fastest run of each; they take turns, so that they see the same machine. */
function fastest(...functions: (() => unknown)[]): number[] {
  const best = functions.map(() => Infinity);
  for (let run = 0; run < RUNS; run++) {
    for (const [i, f] of functions.entries()) {
      const start = performance.now();
      f();
      best[i] = Math.min(best[i]!, performance.now() - start);
    }
  }
  return best;
}

/** Forward, input gradient and filter gradient of a layer, and how often it multiplies and adds. */
function kernelsOf(batch: number, [size, channels, out, side, stride]: Layer, depthwise: boolean) {
  const x = tf.randomUniform<tf.Rank.R4>([batch, size, size, channels]);
  const filter = tf.randomUniform<tf.Rank.R4>([side, side, channels, depthwise ? 1 : out]);
  const y = depthwise
    ? tf.depthwiseConv2d(x, filter, stride, "same")
    : tf.conv2d(x, filter, stride, "same");
  const name = depthwise ? "DepthwiseConv2dNative" : "Conv2D";
  const attributes = {
    ...{ strides: stride, pad: "same", dataFormat: "NHWC", dilations: [1, 1] },
    ...{ inputShape: x.shape, filterShape: filter.shape },
  };
  const inputs = {
    [name]: { x, filter },
    [`${name}BackpropInput`]: { dy: y, filter },
    [`${name}BackpropFilter`]: { x, dy: y },
  };
  return {
    flops: 2 * y.size * side ** 2 * (depthwise ? 1 : channels),
    bytes: 4 * (x.size + filter.size + y.size),
    runs: Object.entries(inputs).map(([kernel, tensors]) => () =>
      (tf.engine().runKernel(kernel, tensors, attributes) as tf.Tensor).dispose()
    ),
  };
}

/** The products that forward, input gradient and filter gradient of a dense layer come down to. */
function productsOf(batch: number, [size, channels, out, side, stride]: Layer): ProductShape[] {
  const pixels = batch * Math.ceil(size / stride) ** 2, patch = side ** 2 * channels;
  return [
    { rows: pixels, depth: patch, columns: out, isTransposed: false },
    { rows: pixels, depth: out, columns: patch, isTransposed: false },
    { rows: patch, depth: pixels, columns: out, isTransposed: true },
  ];
}

function cell(flops: number, ms: number): string {
  return (flops / ms / 1e6).toFixed(1).padStart(7);
}

/** GFLOP/s of a dense layer: three times the kernel, the plain product, and the memory's limit. */
function denseRates(batch: number, layer: Layer, plain: PlainProduct, bytesPerMs: number): string {
  return tf.tidy(() => {
    const { flops, bytes, runs } = kernelsOf(batch, layer, false);
    const products = productsOf(batch, layer);
    return runs.map((run, i) => {
      const times = fastest(run, plain.of(products[i]!));
      return [...times, bytes / bytesPerMs].map((ms) => cell(flops, ms)).join("");
    }).join("  ");
  });
}

function depthwiseRates(batch: number, layer: Layer): string {
  return tf.tidy(() => {
    const { flops, runs } = kernelsOf(batch, layer, true);
    return runs.map((run) => cell(flops, fastest(run)[0]!)).join("");
  });
}

const COLUMN = 28;

/** One line a layer, in GFLOP/s. The limit counts each tensor as read or written once. */
export async function kernelRates(batch: number): Promise<string[]> {
  const plain = await PlainProduct.load();
  const copied = fastest(plain.copyOf(COPIED_BYTES))[0]!;
  const bytesPerMs = 2 * COPIED_BYTES / copied;
  const dense = DENSE.map((layer) => {
    const [size, channels, out, side, stride] = layer;
    const name = `${side}×${side}/${stride} ${channels}→${out} at ${size}²`;
    return name.padEnd(COLUMN) + denseRates(batch, layer, plain, bytesPerMs);
  });
  const depthwise = DEPTHWISE.map(([size, channels, stride]) => {
    const name = `3×3/${stride} ${channels} at ${size}²`;
    return name.padEnd(COLUMN) + depthwiseRates(batch, [size, channels, channels, 3, stride]);
  });
  const group = ["kernel", "plain", "memory"].map((name) => name.padStart(7)).join("");
  return [
    `Memory: ${(bytesPerMs / 1e6).toFixed(1)} GB/s, read and written, of a copy`,
    "",
    `${"GFLOP/s".padEnd(COLUMN)}${
      ["forward", "input", "filter"].map((s) => s.padStart(21)).join("  ")
    }`,
    `${"dense".padEnd(COLUMN)}${[group, group, group].join("  ")}`,
    ...dense,
    "",
    `${"depthwise".padEnd(COLUMN)}${
      ["forward", "input", "filter"].map((s) => s.padStart(7)).join("")
    }`,
    ...depthwise,
  ];
}
