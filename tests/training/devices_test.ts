// One training on every device that is here: losses and weights take one course.
import assert from "node:assert/strict";
import type { DeviceName } from "../../lib/backends/device.ts";
import { selectTrainingDevice } from "../../lib/backends/training_device.ts";
import { tf } from "../../lib/deps/tfjs.ts";
import { TRAINING_BUILDS, type TrainingBuild } from "../../lib/kernels/register.ts";
import { replaceKernel } from "../../lib/kernels/registry.ts";
import { readCheckpoint } from "../../lib/training/checkpoint.ts";
import { DEFAULT_CONFIG, mergeConfig } from "../../lib/training/config.ts";
import { CHECKPOINT_FILE } from "../../lib/training/trainer.ts";
import { embeddedModel } from "../../lib/weights/embedded.ts";
import { decodeModel } from "../../lib/weights/model_file.ts";
import { eachBackend } from "../_support/backends.ts";
import { assertAllClose } from "../_support/close.ts";
import { MemoryStore } from "../_support/memory_store.ts";
import { RUN, train } from "./small_run.ts";

const SAMPLES = new URL("../../data/samples/", import.meta.url);

/**
 * Four steps of the whole network, as it ships, on real photos: where features are alive, batch norm
 * has a variance to divide by. Over noise and from random weights it blows rounding up instead.
 * Plain SGD, because Adam hides how large a gradient is.
 */
const CONFIG = mergeConfig(DEFAULT_CONFIG, {
  model: { settings: { inputSize: 64, gridSize: 2 } },
  frozen: [],
  data: { train: [{ format: "labelme", images: "photos", labels: "photos" }], cache: null },
  augment: null,
  batchSize: 6,
  epochs: 4,
  schedule: { base: 3e-4 },
});

/** What a training came through. */
interface Course {
  readonly losses: readonly number[];
  /** How far the weights have gone, all of a kind end to end. */
  readonly moved: ReadonlyMap<string, readonly number[]>;
}

async function course(): Promise<Course> {
  const store = new MemoryStore();
  for await (const { name } of Deno.readDir(SAMPLES)) {
    if (!name.startsWith("sample")) continue;
    await store.write(`photos/${name}`, await Deno.readFile(new URL(name, SAMPLES)));
  }
  const losses: number[] = [];
  const onStep = (_: unknown, { loss }: Readonly<Record<string, number>>) =>
    void losses.push(loss!);
  await train(store, CONFIG, { events: { onStep } });
  const { weights: start } = decodeModel(await embeddedModel("tiny"));
  const { weights } = await readCheckpoint(store, `${RUN}/${CHECKPOINT_FILE}`);
  const moved = new Map<string, number[]>();
  for (const [name, { data }] of weights) {
    const kind = name.slice(name.lastIndexOf("/") + 1), from = start.get(name)!.data;
    moved.set(kind, [...moved.get(kind) ?? [], ...data.map((weight, i) => weight - from[i]!)]);
  }
  return { losses, moved };
}

/**
 * Relative difference of a loss. Measured: up to 2.1e-4, in the last step; 2e-5 in those before. An
 * activation within rounding of relu6's corners passes its gradient on one device and not on another,
 * and from there on the weights differ. A gradient a twentieth too long makes it 9e-3 to 7e-2.
 */
const LOSS_TOLERANCE = { rtol: 1e-3, atol: 0 };

/**
 * Length of the difference of two moves by the length of one. Measured: up to 0.005. It shows what
 * the loss hardly does, a gradient of depthwise filters that is a twentieth too long: 0.051.
 */
const MOVE_TOLERANCE = 0.02;

function length(move: readonly number[]): number {
  return Math.sqrt(move.reduce((sum, x) => sum + x * x, 0));
}

function assertSameCourse(actual: Course, expected: Course): void {
  assertAllClose(actual.losses, expected.losses, LOSS_TOLERANCE);
  for (const [kind, wanted] of expected.moved) {
    const move = actual.moved.get(kind)!;
    const error = length(move.map((x, i) => x - wanted[i]!)) / length(wanted);
    assert.ok(error < MOVE_TOLERANCE, `${kind} went elsewhere by ${error} of its way`);
  }
}

function start(device: DeviceName, build?: TrainingBuild) {
  return selectTrainingDevice(device, assert.fail, build);
}

let reference: Promise<Course> | undefined; // plain JavaScript is slow: once is enough

function plainJavaScript(): Promise<Course> {
  return reference ??= start("cpu").then(course);
}

eachBackend("a training of all weights takes the course of plain JavaScript", async (device) => {
  const expected = await plainJavaScript();
  assert.ok(expected.losses.at(-1)! < 0.85 * expected.losses[0]!, "the network learns");
  for (const build of device === "wasm" ? TRAINING_BUILDS : [undefined]) {
    await start(device, build);
    assertSameCourse(await course(), expected);
  }
}, ["wasm", "webgpu"]);

/** Kernels that a gradient goes through; each gives what is in proportion to its `dy`. */
const GRADIENTS = [
  "Conv2DBackpropFilter",
  "Conv2DBackpropInput",
  "DepthwiseConv2dNativeBackpropFilter",
  "DepthwiseConv2dNativeBackpropInput",
  "NormalizeTrainGradient",
];

eachBackend("a gradient that is a twentieth too long leaves the course", async (device) => {
  const expected = await plainJavaScript();
  for (const name of GRADIENTS) {
    await start(device);
    const { kernelFunc } = tf.getKernel(name, device);
    replaceKernel(name, (call) => {
      const dy = tf.mul(call.inputs["dy"] as tf.Tensor, 1.05);
      const result = kernelFunc({ ...call, inputs: { ...call.inputs, dy } });
      dy.dispose();
      return result;
    });
    const wrong = await course();
    assert.throws(() => assertSameCourse(wrong, expected), assert.AssertionError, name);
  }
  await start(device);
}, ["wasm"]);
