/**
 * How fast the training kernels are on one core: rates of the convolutions by layer, and a whole
 * training step (forward, backward, update) of MobileNetV2 alpha 0.35 at 224² with its time by
 * kernel.
 *
 * Run with `deno run --allow-read bench/train_kernels.ts [--build relaxed|simd|composed]
 * [--batch 16] [--steps 5] [--no-rates]`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { loadWasmBackend, tf } from "../lib/deps/tfjs.ts";
import { TfNetwork } from "../lib/executors/tf_network.ts";
import { GraphBuilder } from "../lib/graph/builder.ts";
import { registerTrainingKernels, type TrainingBuild } from "../lib/kernels/register.ts";
import { addMobileNetV2 } from "../lib/models/mobilenet_v2.ts";
import { createOptimizer } from "../lib/training/optimizer.ts";
import { initialWeights } from "../lib/weights/weight_map.ts";

const SIZE = 224;

/** Input side, input channels, output channels, filter side, stride: layers of the network. */
const DENSE = [
  [224, 3, 16, 3, 2],
  [112, 8, 48, 1, 1],
  [56, 48, 8, 1, 1],
  [28, 16, 96, 1, 1],
  [14, 144, 24, 1, 1],
  [7, 336, 112, 1, 1],
  [7, 112, 1280, 1, 1],
  [40, 64, 64, 3, 1],
] as const;

/** Input side, channels, stride. */
const DEPTHWISE = [[112, 16, 1], [112, 48, 2], [56, 48, 1], [14, 192, 1], [7, 336, 1]] as const;

/** Milliseconds of the fastest of a few runs. */
function fastest(run: () => tf.Tensor): number {
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    run().dispose();
    return performance.now() - start;
  });
  return Math.min(...times);
}

/** Forward, input gradient and filter gradient of one layer, in GFLOP/s. */
function rates(
  batch: number,
  [size, channels, out, side, stride]: readonly [number, number, number, number, number],
  depthwise: boolean,
): string {
  return tf.tidy(() => {
    const x = tf.randomUniform<tf.Rank.R4>([batch, size, size, channels]);
    const filter = tf.randomUniform<tf.Rank.R4>([side, side, channels, out]);
    const y = depthwise
      ? tf.depthwiseConv2d(x, filter, stride, "same")
      : tf.conv2d(x, filter, stride, "same");
    const name = depthwise ? "DepthwiseConv2dNative" : "Conv2D";
    const attributes = {
      ...{ strides: stride, pad: "same", dataFormat: "NHWC", dilations: [1, 1] },
      ...{ inputShape: x.shape, filterShape: filter.shape },
    };
    const kernels = {
      [name]: { x, filter },
      [`${name}BackpropInput`]: { dy: y, filter },
      [`${name}BackpropFilter`]: { x, dy: y },
    };
    const megaFlops = 2 * y.size * side ** 2 * (depthwise ? 1 : channels) / 1e6;
    return Object.entries(kernels).map(([kernel, inputs]) => {
      const ms = fastest(() => tf.engine().runKernel(kernel, inputs, attributes) as tf.Tensor);
      return `${(megaFlops / ms).toFixed(1)}`.padStart(8);
    }).join("");
  });
}

interface KernelTime {
  calls: number;
  ms: number;
}

/** Adds the time of every call of every wasm kernel to the map that it returns. */
function profileKernels(): Map<string, KernelTime> {
  const times = new Map<string, KernelTime>();
  for (const config of tf.getKernelsForBackend("wasm")) {
    const time = { calls: 0, ms: 0 };
    times.set(config.kernelName, time);
    tf.unregisterKernel(config.kernelName, "wasm");
    tf.registerKernel({
      ...config,
      kernelFunc: (call) => {
        const start = performance.now();
        const result = config.kernelFunc(call);
        time.ms += performance.now() - start;
        time.calls++;
        return result;
      },
    });
  }
  return times;
}

/** A function that makes one training step of the whole network, features of 1280 channels. */
function trainingStep(batch: number): () => void {
  const builder = new GraphBuilder();
  const image = builder.add("input", "image", [], { channels: 3 });
  const last = addMobileNetV2(builder, image, 0.35);
  const options = { kernel: 1, filters: 1280, stride: 1, padding: "same", bias: false } as const;
  const conv = builder.add("conv", "Conv_1", [last], options);
  const norm = builder.add("batchNorm", "Conv_1_bn", [conv], { epsilon: 1e-3, momentum: 0.999 });
  const graph = builder.finish({ features: builder.add("relu6", "out_relu", [norm], {}) });
  const network = new TfNetwork(graph, initialWeights(graph, 1), ["network"]);
  const optimizer = createOptimizer(
    { rule: { kind: "sgd", momentum: 0.9, nesterov: false }, weightDecay: 0, clipNorm: null },
    network.trained,
  );
  const images = tf.randomUniform<tf.Rank.R4>([batch, SIZE, SIZE, 3], -1, 1);
  return () => {
    const { terms, gradients, statistics } = network.gradients(
      { image: images },
      ({ features }) => ({ loss: tf.mean(tf.square(features!)) as tf.Scalar }),
    );
    optimizer.apply(gradients, 1e-3);
    network.updateAverages(statistics);
    tf.dispose([terms, gradients, statistics] as unknown as tf.TensorContainer);
  };
}

const { values } = parseArgs({
  allowNegative: true,
  options: {
    build: { type: "string" },
    batch: { type: "string", default: "16" },
    steps: { type: "string", default: "5" },
    rates: { type: "boolean", default: true },
  },
});
const batch = Number(values.batch), steps = Number(values.steps);
await loadWasmBackend();
const build = await registerTrainingKernels(
  values.build === undefined ? {} : { build: values.build as TrainingBuild },
);
console.log(`build "${build}", batch ${batch}, one core\n`);

if (values.rates) {
  console.log("GFLOP/s                       forward   input  filter");
  for (const layer of DENSE) {
    const [size, channels, out, side, stride] = layer;
    const name = `${side}×${side}/${stride} ${channels}→${out} at ${size}²`;
    console.log(name.padEnd(28), rates(batch, layer, false));
  }
  for (const [size, channels, stride] of DEPTHWISE) {
    const name = `depthwise 3×3/${stride} ${channels} at ${size}²`;
    console.log(name.padEnd(28), rates(batch, [size, channels, 1, 3, stride], true));
  }
}

const step = trainingStep(batch);
step();
const kernelTimes = profileKernels();
step();
for (const time of kernelTimes.values()) time.calls = time.ms = 0;
const tensors = tf.memory().numTensors;
const stepTimes = Array.from({ length: steps }, () => {
  const start = performance.now();
  step();
  return performance.now() - start;
});
const total = stepTimes.reduce((sum, ms) => sum + ms);
console.log(`\nMobileNetV2-0.35 at ${SIZE}²: ${stepTimes.map((ms) => ms.toFixed(0)).join(" ")} ms`);
console.log(
  `median ${images(median(stepTimes))}, fastest ${images(Math.min(...stepTimes))} images/s`,
);
console.log(`${tf.memory().numTensors - tensors} tensors left over\n`);

console.log("kernel                                calls      ms  of a step");
let elsewhere = total;
for (const [name, { calls, ms }] of [...kernelTimes].sort((a, b) => b[1].ms - a[1].ms)) {
  elsewhere -= ms;
  if (ms / total < 0.002) continue;
  console.log(row(name, calls / steps, ms));
}
console.log(row("outside kernels", "", elsewhere));

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
}

function images(ms: number): string {
  return (batch / ms * 1000).toFixed(1);
}

function row(name: string, calls: number | string, ms: number): string {
  const share = `${(ms / total * 100).toFixed(0)} %`;
  return name.padEnd(36) + `${calls}`.padStart(7) + (ms / steps).toFixed(1).padStart(8) +
    share.padStart(7);
}
