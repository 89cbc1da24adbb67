// What a network in training is fed with: images, or kept activations of its frozen part.
import assert from "node:assert/strict";
import type { Batch, Generator } from "../../lib/datasets/generator.ts";
import { tf } from "../../lib/deps/tfjs.ts";
import { toActivations } from "../../lib/detector/predict.ts";
import { TfNetwork } from "../../lib/executors/tf_network.ts";
import { type NdArray, stack } from "../../lib/numbers/nd_array.ts";
import { frozenInputs, imageInputs, type StepInputs } from "../../lib/training/inputs.ts";
import { eachBackend } from "../_support/backends.ts";
import { assertAllClose } from "../_support/close.ts";
import { expectNoTensorLeak } from "../_support/leaks.ts";
import { liveWeights, noisePhotos, smallGraph } from "../executors/small_network.ts";

const PHOTOS = 5, BATCH_SIZE = 2, SIDE = 8;

/** Five photos of noise, two a batch; `variants` of each over the epochs. Counts what is made. */
function countingGenerator(variants: number): Generator & { made: string[] } {
  const made: string[] = [];
  const image = (index: number, variant: number): NdArray => {
    const { data } = noisePhotos(1, SIDE);
    const moved = data.map((value) => value * (1 + index / 10) - variant / 10);
    return { shape: [SIDE, SIDE, 3], data: moved };
  };
  const indices = (idx: number) =>
    [...Array(PHOTOS).keys()].slice(idx * BATCH_SIZE, (idx + 1) * BATCH_SIZE);
  const keys = (idx: number, epoch = 0) => indices(idx).map((i) => `${i}#${epoch % variants}`);
  const get = (idx: number, epoch = 0): Promise<Batch> => {
    made.push(...keys(idx, epoch));
    return Promise.resolve({
      images: stack(indices(idx).map((i) => image(i, epoch % variants))),
      targets: { grid: stack(indices(idx).map((i) => ({ shape: [1], data: Float32Array.of(i) }))) },
      truths: indices(idx).map((i) => ({
        boxes: Float32Array.of(0, 0, i + 1, i + 1),
        ignore: new Uint8Array(1),
      })),
      ids: indices(idx).map(String),
      keys: keys(idx, epoch),
    });
  };
  async function* batches(epoch = 0, start = 0) {
    for (let idx = start; idx < 3; idx++) yield await get(idx, epoch);
  }
  return { length: 3, samples: PHOTOS, lookAhead: 1, keys, get, batches, made };
}

const all = (of: AsyncIterable<StepInputs>) => Array.fromAsync(of);

async function scores(network: TfNetwork, { inputs }: StepInputs): Promise<Float32Array> {
  const score = tf.tidy(() => network.predict(toActivations(inputs)).score!);
  const data = await score.data<"float32">();
  score.dispose();
  return data;
}

eachBackend("frozenInputs() feeds what the images would have become", async () => {
  const graph = smallGraph();
  using network = new TfNetwork(graph, liveWeights(graph), ["head"]);
  const images = await all(imageInputs(countingGenerator(1)).batches(0));
  const source = frozenInputs(countingGenerator(1), network);
  const frozen = await expectNoTensorLeak(() => all(source.batches(0)));
  assert.deepEqual([source.length, frozen.length], [3, 3]);
  for (const [i, step] of frozen.entries()) {
    assert.deepEqual(Object.keys(step.inputs), ["features"]);
    assert.deepEqual(step.targets, images[i]!.targets);
    assert.deepEqual(step.truths, images[i]!.truths);
    assertAllClose(await scores(network, step), await scores(network, images[i]!), { atol: 1e-5 });
  }
}, ["wasm", "cpu"]);

eachBackend("frozenInputs() computes each variant once", async () => {
  const graph = smallGraph();
  using network = new TfNetwork(graph, liveWeights(graph), ["head"]);
  const generator = countingGenerator(2), source = frozenInputs(generator, network);
  const epochs = [];
  for (let epoch = 0; epoch < 4; epoch++) epochs.push(await all(source.batches(epoch)));
  assert.equal(generator.made.length, 2 * PHOTOS);
  assert.deepEqual(epochs[2], epochs[0]);
  assert.deepEqual(epochs[3], epochs[1]);
  assert.notDeepEqual(epochs[1], epochs[0]);
}, ["cpu"]);

eachBackend("frozenInputs() goes on from any batch with the same numbers", async () => {
  const graph = smallGraph();
  using network = new TfNetwork(graph, liveWeights(graph), ["head"]);
  const whole = await all(frozenInputs(countingGenerator(1), network).batches(0));
  const rest = await all(frozenInputs(countingGenerator(1), network).batches(0, 1));
  assert.deepEqual(rest, whole.slice(1));
  assert.deepEqual(await all(frozenInputs(countingGenerator(1), network).batches(0, 3)), []);
}, ["wasm", "cpu"]);

eachBackend("frozenInputs() feeds images where nothing is frozen", async () => {
  const graph = smallGraph();
  using network = new TfNetwork(graph, liveWeights(graph), ["backbone", "head"]);
  const [first] = await all(frozenInputs(countingGenerator(1), network).batches(0));
  assert.deepEqual(first!.inputs.image!.shape, [BATCH_SIZE, SIDE, SIDE, 3]);
}, ["cpu"]);
