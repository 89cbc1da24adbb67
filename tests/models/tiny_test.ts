// The tiny detector's settings and network, and the table of models.
import assert from "node:assert/strict";
import { denoStore } from "../../lib/cli/deno_store.ts";
import { inferShapes, weightsOf } from "../../lib/graph/analysis.ts";
import { ALPHAS, roundChannels } from "../../lib/models/mobilenet_v2.ts";
import { inferenceModel, MODEL_NAMES } from "../../lib/models/registry.ts";
import { TINY_CONFIG, tinyConfig } from "../../lib/models/tiny/config.ts";
import { tinyGraph } from "../../lib/models/tiny/graph.ts";
import { trainableModel } from "../../lib/models/trainable.ts";
import { readTfjsLayers } from "../../lib/weights/tfjs_layers.ts";
import { IMAGENET_MODEL, testOnImageNetWeights } from "../_support/real_data.ts";

Deno.test("tinyConfig() fills in the seed's defaults", () => {
  assert.deepEqual(tinyConfig(), {
    alpha: 0.35,
    inputSize: 224,
    gridSize: 7,
    boxLoss: "squared",
  });
  assert.deepEqual(tinyConfig({ gridSize: 28 }), { ...TINY_CONFIG, gridSize: 28 });
});

Deno.test("tinyConfig() refuses what the network cannot be built from, and says what can", () => {
  const refused: [Record<string, unknown>, RegExp][] = [
    [{ alpha: 0.3 }, /alpha is "0.3", choose from 0.35, 0.5, 0.75, 1$/],
    [{ alpha: "0.35" }, /alpha is "0.35", choose from/],
    [{ inputSize: 100 }, /inputSize is "100", not a multiple of 32$/],
    [{ inputSize: 0 }, /inputSize is "0"/],
    [{ inputSize: "224" }, /inputSize is "224"/],
    [{ inputSize: NaN }, /inputSize is "NaN"/],
    [{ gridSize: 10 }, /gridSize is "10", for an inputSize of 224 choose 7, 14 or 28$/],
    [{ gridSize: 21 }, /gridSize is "21"/],
    [{ gridSize: "7" }, /gridSize is "7"/],
    [{ inputSize: 448, gridSize: 7 }, /gridSize is "7", for an inputSize of 448 choose 14/],
    [{ boxLoss: "l1" }, /boxLoss is "l1", choose from squared, diou$/],
    [
      { anchors: 3 },
      /"anchors" is not one of its settings \(alpha, inputSize, gridSize, boxLoss\)$/,
    ],
    [{ toString: 1 }, /"toString" is not one of its settings/],
  ];
  for (const [changes, message] of refused) {
    assert.throws(() => tinyConfig(changes), { name: "RangeError", message }, `${message}`);
  }
});

Deno.test("tinyGraph() gives a grid of the configured size at every width", () => {
  for (const alpha of ALPHAS) {
    for (const [inputSize, gridSize] of [[224, 7], [224, 14], [96, 12], [32, 1]] as const) {
      const graph = tinyGraph(tinyConfig({ alpha, inputSize, gridSize }));
      const shapes = inferShapes(graph, { width: inputSize, height: inputSize });
      assert.deepEqual(shapes.get(graph.outputs.grid!), [gridSize, gridSize, 5]);
      assert.equal(shapes.get("block_16_project_BN")![2], roundChannels(320 * alpha));
    }
  }
});

Deno.test("tinyGraph() has the same weights whatever its input and grid", () => {
  const weights = (changes: Record<string, unknown>) =>
    weightsOf(tinyGraph(tinyConfig(changes))).map(({ name, shape }) => `${name} ${shape}`);
  assert.deepEqual(weights({ inputSize: 320, gridSize: 20 }), weights({}));
});

Deno.test("roundChannels() rounds as Keras' _make_divisible", () => {
  // Channels of the seed's table of taps, and values by the formula.
  assert.deepEqual([112, 160, 240, 320].map((_, i) => roundChannels(320 * ALPHAS[i]!)), [
    112,
    160,
    240,
    320,
  ]);
  assert.deepEqual([1, 8, 11, 12, 15.9, 19, 33.6].map(roundChannels), [8, 8, 16, 16, 16, 24, 32]);
});

testOnImageNetWeights("the backbone has Keras' weights by name and shape", async () => {
  const published = await readTfjsLayers(denoStore, IMAGENET_MODEL);
  const backbone = weightsOf(tinyGraph(TINY_CONFIG)).filter(({ node }) => node.part === "backbone");
  const own = new Map(backbone.map(({ name, shape }) => [name, shape.join()]));
  const lacking = [...own].filter(([name, shape]) => published.get(name)?.shape.join() !== shape);
  assert.deepEqual(lacking, []);
  // What the published file has beyond it lies behind the tap: the last convolution and a classifier.
  const beyond = [...published.keys()].filter((name) => !own.has(name));
  assert.ok(beyond.every((name) => /^(Conv_1|out_relu|.*dense)/i.test(name)), beyond.join());
});

Deno.test("inferenceModel() and trainableModel() know the same models", () => {
  for (const name of MODEL_NAMES) {
    const inference = inferenceModel(name), trainable = trainableModel(name);
    assert.equal(inference.name, name);
    assert.deepEqual(trainable.graph.nodes, inference.graph.nodes);
    assert.deepEqual(
      { ...trainable.graph.outputs, ...inference.graph.outputs },
      trainable.graph.outputs,
    );
    assert.deepEqual(trainable.input, inference.input);
    assert.deepEqual(JSON.parse(JSON.stringify(inference.config)), inference.config);
    assert.deepEqual(inferenceModel(name, inference.config).graph, inference.graph);
  }
});

Deno.test("inferenceModel() names the models there are", () => {
  const refusal = {
    name: "RangeError",
    message: /^Cannot find model "huge": choose from "edge", "tiny"/,
  };
  assert.throws(() => inferenceModel("huge"), refusal);
  assert.throws(() => trainableModel("huge"), refusal);
  assert.throws(() => inferenceModel("toString"), RangeError);
});

Deno.test("the tiny detector sees pixels as Keras' MobileNetV2: x / 127.5 − 1", () => {
  const { mean, std } = inferenceModel("tiny").input;
  assert.deepEqual([0, 127.5, 255].map((value) => (value - mean[0]) / std[0]), [-1, 0, 1]);
  assert.deepEqual([new Set(mean).size, new Set(std).size], [1, 1]);
});
