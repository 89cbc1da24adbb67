// From a config to a training: data, batches, and the weights it starts from.
import assert from "node:assert/strict";
import { trainableModel } from "../../lib/models/trainable.ts";
import { prepareTraining } from "../../lib/training/prepare.ts";
import { embeddedModel } from "../../lib/weights/embedded.ts";
import { decodeModel } from "../../lib/weights/model_file.ts";
import { encodeSafetensors } from "../../lib/weights/safetensors.ts";
import { initialWeights } from "../../lib/weights/weight_map.ts";
import { assertSameArrays } from "../_support/same.ts";
import { photoStore, smallConfig, validatedConfig } from "./small_run.ts";

const SETTINGS = { inputSize: 64, gridSize: 2 };

Deno.test("prepareTraining() loads what the config names", async () => {
  const store = await photoStore(3);
  const { options, train, validation } = await prepareTraining(validatedConfig(), store);
  assert.equal(options.model.name, "tiny");
  assert.deepEqual(options.model.config.inputSize, 64);
  assert.deepEqual([train.samples.length, validation!.samples.length], [3, 3]);
  assertSameArrays(options.weights, initialWeights(options.model.graph, 1));
  assert.equal((await prepareTraining(smallConfig(), store)).validation, null);
});

Deno.test("prepareTraining() starts from a file where it has weights, at random elsewhere", async () => {
  const store = await photoStore(1), { graph } = trainableModel("tiny", SETTINGS);
  const backbone = [...initialWeights(graph, 99)].filter(([name]) => !name.startsWith("head"));
  const classifier = ["classifier", { shape: [1], data: new Float32Array(1) }] as const;
  await store.write("start.safetensors", encodeSafetensors(new Map([...backbone, classifier])));
  const { options } = await prepareTraining(smallConfig({ start: "start.safetensors" }), store);
  assertSameArrays(options.weights, new Map([...initialWeights(graph, 1), ...backbone]));
});

Deno.test("prepareTraining() starts from the weights that ship when it is told to", async () => {
  const store = await photoStore(1), shipped = decodeModel(await embeddedModel("tiny"));
  const config = smallConfig({ start: "shipped", model: { settings: shipped.model.config } });
  assertSameArrays((await prepareTraining(config, store)).options.weights, shipped.weights);
});

Deno.test("prepareTraining() refuses weights that do not belong", async () => {
  const store = await photoStore(1), { graph } = trainableModel("tiny", { alpha: 0.5 });
  const none = new Map([["classifier", { shape: [1], data: new Float32Array(1) }]]);
  await store.write("none.safetensors", encodeSafetensors(none));
  await store.write("wide.safetensors", encodeSafetensors(initialWeights(graph, 1)));
  await store.write("text.safetensors", new TextEncoder().encode("no weights, a text"));
  const refused = [
    ["none", "RangeError", /"none\.safetensors": none of its weights belongs to model "tiny"$/],
    ["wide", "WeightsMismatchError", /of another shape/],
    ["text", "SyntaxError", /\("text\.safetensors"\)$/],
    ["absent", "Error", /"absent\.safetensors"/],
  ] as const;
  for (const [file, name, message] of refused) {
    const config = smallConfig({ start: `${file}.safetensors` });
    await assert.rejects(prepareTraining(config, store), { name, message });
  }
});

Deno.test("prepareTraining() refuses a config before it reads a file", async () => {
  const store = await photoStore(0);
  const refused: [unknown, string, RegExp][] = [
    [{ data: { train: [] } }, "RangeError", /data\.train is empty/],
    [{ model: { name: "huge" } }, "RangeError", /^Cannot find model "huge"/],
    [{ model: { settings: { alpha: 2 } } }, "RangeError", /alpha is "2"/],
    [{ batchSize: -1 }, "RangeError", /batchSize is "-1"/],
    [{ teacher: "t.onnx" }, "RangeError", /"t\.onnx", but model "tiny" .* from labels only$/],
  ];
  for (const [changes, name, message] of refused) {
    await assert.rejects(prepareTraining(smallConfig(changes), store), { name, message });
  }
});

Deno.test("prepareTraining() tells what was left out", async () => {
  const store = await photoStore(2), problems: string[] = [];
  await store.remove("photos/1.png");
  const { train } = await prepareTraining(smallConfig(), store, {
    onProblem: (problem) => problems.push(problem),
  });
  assert.equal(train.samples.length, 1);
  assert.equal(problems.length, 1);
  assert.match(problems[0]!, /^1 label files .* have no image/);
});
