// Whole networks: parity of the devices, training statistics, frozen parts, and who frees what.
import assert from "node:assert/strict";
import { selectDevice } from "../../lib/backends/device.ts";
import { selectTrainingDevice } from "../../lib/backends/training_device.ts";
import { tf } from "../../lib/deps/tfjs.ts";
import { type Activations, type Gradients, TfNetwork } from "../../lib/executors/tf_network.ts";
import type { Graph } from "../../lib/graph/graph.ts";
import { tinyConfig } from "../../lib/models/tiny/config.ts";
import { tinyGraph } from "../../lib/models/tiny/graph.ts";
import type { NdArray } from "../../lib/numbers/nd_array.ts";
import { createOptimizer } from "../../lib/training/optimizer.ts";
import { eachBackend } from "../_support/backends.ts";
import { assertAllClose } from "../_support/close.ts";
import { expectNoTensorLeak } from "../_support/leaks.ts";
import { assertSameArrays, assertSameNumbers } from "../_support/same.ts";
import { liveWeights, noisePhotos, smallGraph, toTensor4d } from "./small_network.ts";

const warn = (message: string) => assert.fail(message);

/** What a network gives for some photos at inference, off the device. */
async function predicted(graph: Graph, weights: Map<string, NdArray>, photos: NdArray) {
  using network = new TfNetwork(graph, weights);
  const image = toTensor4d(photos);
  const outputs = network.predict({ image });
  const [name] = Object.keys(outputs);
  const data = await outputs[name!]!.data<"float32">();
  tf.dispose([image, outputs] as tf.TensorContainer);
  return data;
}

/** Loss and gradients of Σ score², off the device. */
async function numbersOf(
  network: TfNetwork,
  inputs: Readonly<Record<string, NdArray>>,
): Promise<Record<string, Float32Array>> {
  const activations = Object.fromEntries(
    Object.entries(inputs).map(([name, array]) => [name, toTensor4d(array)]),
  );
  const result = gradientsOf(network, activations);
  const { terms, gradients, statistics } = result;
  const numbers: Record<string, Float32Array> = {};
  for (const [name, tensor] of Object.entries({ ...terms, ...gradients })) {
    numbers[name] = await tensor.data<"float32">();
  }
  for (const [name, { mean, variance }] of Object.entries(statistics)) {
    numbers[`${name} mean`] = await mean.data<"float32">();
    numbers[`${name} variance`] = await variance.data<"float32">();
  }
  tf.dispose([activations, { ...result }] as unknown as tf.TensorContainer);
  return numbers;
}

function gradientsOf(
  network: TfNetwork,
  inputs: Readonly<Record<string, tf.Tensor4D>>,
): Gradients {
  return network.gradients(inputs, (outputs) => {
    const [output] = Object.values(outputs);
    return { squares: tf.sum(tf.square(output!)) as tf.Scalar };
  });
}

eachBackend("the tiny network gives what it gives on cpu", async (device) => {
  const graph = tinyGraph(tinyConfig({ inputSize: 64, gridSize: 4 }));
  const weights = liveWeights(graph), photos = noisePhotos(2, 64);
  await selectDevice("cpu");
  const expected = await predicted(graph, weights, photos);
  assert.equal(expected.length, 2 * 4 * 4 * 5);
  assert.ok(Math.max(...expected) - Math.min(...expected) > 0.1, "the numbers say something");
  await selectDevice(device);
  // 50 layers in 32 bits; the outputs are in (0, 1).
  assertAllClose(await predicted(graph, weights, photos), expected, { atol: 1e-4, rtol: 0 });
}, ["wasm", "webgpu"]);

eachBackend("TfNetwork.gradients() are cpu's, statistics included", async (device) => {
  const graph = smallGraph(), weights = liveWeights(graph), image = noisePhotos(2, 9);
  const compute = async () => {
    using network = new TfNetwork(graph, weights, ["backbone", "head"]);
    return await numbersOf(network, { image });
  };
  await selectTrainingDevice("cpu", warn);
  const expected = await compute();
  await selectTrainingDevice(device, warn);
  const actual = await expectNoTensorLeak(compute);
  assert.deepEqual(Object.keys(actual), Object.keys(expected));
  for (const [name, numbers] of Object.entries(expected)) {
    assertAllClose(actual[name]!, numbers, { atol: 1e-4, rtol: 1e-4 });
  }
}, ["wasm", "webgpu"]);

eachBackend(
  "TfNetwork.gradients() reads what is forced in place of a node's activation",
  async (device) => {
    await selectTrainingDevice(device, warn);
    const small = smallGraph(), weights = liveWeights(small);
    const graph = { ...small, outputs: { ...small.outputs, features: "features" } };
    const image = toTensor4d(noisePhotos(2, 9));
    const features = tf.tidy(() => tf.randomUniform<tf.Rank.R4>([2, 5, 5, 6], 0, 6, "float32", 7));
    const sumOf = (x: tf.Tensor) => tf.sum(tf.square(x)) as tf.Scalar;
    const learn = async (
      parts: readonly string[],
      inputs: Activations,
      loss: (outputs: Activations) => Record<string, tf.Scalar>,
      forced?: Activations,
    ) => {
      using network = new TfNetwork(graph, weights, parts);
      const result = network.gradients(inputs, loss, forced);
      const numbers: Record<string, Float32Array> = {};
      for (const [name, tensor] of Object.entries(result.gradients)) {
        numbers[name] = await tensor.data<"float32">();
      }
      tf.dispose({ ...result } as unknown as tf.TensorContainer);
      return numbers;
    };
    const both = (outputs: Activations) => ({
      backbone: sumOf(outputs.features!),
      head: sumOf(outputs.score!),
    });
    const actual = await learn(["backbone", "head"], { image }, both, { features });
    // The backbone learns from what it gave itself, the head from what was given to it.
    const backbone = await learn(
      ["backbone"],
      { image },
      (outputs) => ({ backbone: sumOf(outputs.features!) }),
    );
    const head = await learn(
      ["head"],
      { features },
      (outputs) => ({ head: sumOf(outputs.score!) }),
    );
    assert.deepEqual(Object.keys(actual).sort(), Object.keys({ ...backbone, ...head }).sort());
    for (const [name, numbers] of Object.entries({ ...backbone, ...head })) {
      assertAllClose(actual[name]!, numbers, { atol: 1e-4, rtol: 1e-4 });
    }
    tf.dispose([image, features]);
  },
);

eachBackend("batch norm normalises with the moments of the batch in training", async (device) => {
  await selectTrainingDevice(device, warn);
  const graph = smallGraph(), weights = liveWeights(graph), image = noisePhotos(2, 5);
  using network = new TfNetwork(graph, weights, ["backbone"]);
  const numbers = await numbersOf(network, { image });
  const input = toTensor4d(image), stem = network.predict({ image: input }, ["stem"]).stem!;
  const [values, channels] = [await stem.data<"float32">(), stem.shape[3]];
  tf.dispose([input, stem]);
  for (let c = 0; c < channels; c++) {
    const own = values.filter((_, i) => i % channels === c);
    const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
    const variance = own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / own.length;
    assertAllClose([numbers["stem_norm mean"]![c]!, numbers["stem_norm variance"]![c]!], [
      mean,
      variance,
    ]);
  }
  assert.ok(!("head_norm mean" in numbers), "a frozen batch norm reports nothing");
});

eachBackend("frozen parts get no gradient, the others the same as ever", async (device) => {
  await selectTrainingDevice(device, warn);
  const graph = smallGraph(), image = noisePhotos(2, 8);
  using whole = new TfNetwork(graph, liveWeights(graph), ["backbone", "head"]);
  const all = await numbersOf(whole, { image });

  // With the batch's moments as its moving averages, a frozen batch norm computes the same.
  const weights = liveWeights(graph);
  for (const moment of ["mean", "variance"]) {
    weights.set(`stem_norm/moving_${moment}`, { shape: [6], data: all[`stem_norm ${moment}`]! });
  }
  using network = new TfNetwork(graph, weights, ["head"]);
  assert.deepEqual([...network.trained.keys()], [
    "head_dw/depthwise_kernel",
    "head_norm/gamma",
    "head_norm/beta",
    "logits/kernel",
    "logits/bias",
  ]);
  const head = await numbersOf(network, { image });
  const names = ["squares", ...network.trained.keys(), "head_norm mean", "head_norm variance"];
  assert.deepEqual(Object.keys(head), names);
  for (const name of names) assertAllClose(head[name]!, all[name]!, { atol: 1e-4, rtol: 1e-4 });
});

eachBackend("a folded batch norm gives what its steps give one by one", async (device) => {
  await selectDevice(device);
  const graph = smallGraph(), image = toTensor4d(noisePhotos(2, 9));
  using network = new TfNetwork(graph, liveWeights(graph));
  const { features } = network.predict({ image }, ["features"]);
  const { features: stepped, ...steps } = network.predict({ image }, [
    "stem",
    "stem_norm",
    "features",
  ]);
  assertAllClose(await features!.data(), await stepped!.data(), { atol: 1e-5, rtol: 1e-5 });
  tf.dispose([image, features, stepped, steps] as tf.TensorContainer);
});

eachBackend("what is frozen behind a trained part lets its gradient through", async (device) => {
  await selectTrainingDevice(device, warn);
  const graph = smallGraph(), image = noisePhotos(2, 8);
  using network = new TfNetwork(graph, liveWeights(graph), ["backbone"]);
  assert.deepEqual(network.frontier, []);
  const numbers = await numbersOf(network, { image });
  assert.ok(numbers["stem/kernel"]!.some((value) => Math.abs(value) > 1e-6));
});

eachBackend("TfNetwork.frontier feeds the trained part as the image does", async (device) => {
  await selectTrainingDevice(device, warn);
  const graph = smallGraph(), photos = noisePhotos(2, 8);
  using network = new TfNetwork(graph, liveWeights(graph), ["head"]);
  assert.deepEqual(network.frontier, ["features"]);
  const image = toTensor4d(photos), { features } = network.predict({ image }, network.frontier);
  const kept = { shape: features!.shape, data: await features!.data<"float32">() };
  tf.dispose([image, features!]);
  assert.deepEqual(
    await numbersOf(network, { features: kept }),
    await numbersOf(network, { image: photos }),
  );
});

Deno.test("TfNetwork.frontier is the image when all is trained, empty when nothing is", async () => {
  await selectDevice("cpu");
  const graph = smallGraph(), weights = liveWeights(graph);
  using all = new TfNetwork(graph, weights, ["backbone", "head"]);
  using none = new TfNetwork(graph, weights);
  assert.deepEqual([all.frontier, none.frontier], [[], []]);
  assert.equal(none.trained.size, 0);
});

eachBackend("updateAverages() keeps `momentum` of the old average", async (device) => {
  await selectDevice(device);
  const graph = smallGraph(), weights = liveWeights(graph);
  using network = new TfNetwork(graph, weights, ["backbone", "head"]);
  const mean = tf.tensor1d([1, 2, 3, 4, 5, 6]), variance = tf.tensor1d([6, 5, 4, 3, 2, 1]);
  await expectNoTensorLeak(() => network.updateAverages({ stem_norm: { mean, variance } }));
  const after = await network.weights();
  const moved = (name: string, towards: number[]) =>
    towards.map((value, i) => 0.9 * weights.get(name)!.data[i]! + 0.1 * value);
  assertAllClose(
    after.get("stem_norm/moving_mean")!.data,
    moved("stem_norm/moving_mean", [1, 2, 3, 4, 5, 6]),
  );
  assertAllClose(
    after.get("stem_norm/moving_variance")!.data,
    moved("stem_norm/moving_variance", [6, 5, 4, 3, 2, 1]),
  );
  for (const [name, { data }] of weights) {
    if (!name.startsWith("stem_norm/moving")) assertSameNumbers(after.get(name)!.data, data, name);
  }
  assert.ok(!mean.isDisposed && !variance.isDisposed, "the statistics stay the caller's");
  tf.dispose([mean, variance]);
});

eachBackend("TfNetwork leaves no tensor over 20 steps and 100 predictions", async (device) => {
  await selectTrainingDevice(device, warn);
  const graph = smallGraph(), weights = liveWeights(graph), image = noisePhotos(1, 6);
  await expectNoTensorLeak(async () => {
    using network = new TfNetwork(graph, weights, ["head"]);
    const optimizer = createOptimizer(
      {
        rule: { kind: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
        weightDecay: 1e-4,
        clipNorm: 1,
      },
      network.trained,
      new Set(network.trained.keys()),
    );
    const input = toTensor4d(image);
    await expectNoTensorLeak(() => {
      for (let step = 0; step < 20; step++) {
        const { terms, gradients, statistics } = gradientsOf(network, { image: input });
        optimizer.apply(gradients, 1e-3);
        network.updateAverages(statistics);
        tf.dispose([terms, gradients, statistics] as unknown as tf.TensorContainer);
      }
    });
    await expectNoTensorLeak(() => {
      for (let k = 0; k < 100; k++) tf.dispose(network.predict({ image: input }));
    });
    input.dispose();
    optimizer.dispose();
  });
});

Deno.test("TfNetwork.weights() gives back what it was made from", async () => {
  await selectDevice("cpu");
  const graph = smallGraph(), weights = liveWeights(graph);
  using network = new TfNetwork(graph, weights);
  assertSameArrays(await network.weights(), weights);
});
