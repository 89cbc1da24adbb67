// Whole models as ONNX Runtime runs them, against the tf executor.
import assert from "node:assert/strict";
import { selectDevice } from "../../lib/backends/device.ts";
import { decodeImage } from "../../lib/codec/decode.ts";
import { fromActivations, toActivations } from "../../lib/detector/predict.ts";
import { TfNetwork } from "../../lib/executors/tf_network.ts";
import { tf } from "../../lib/deps/tfjs.ts";
import { letterbox } from "../../lib/geometry/letterbox.ts";
import type { Size } from "../../lib/image/image.ts";
import { normalise } from "../../lib/image/normalise.ts";
import { resample } from "../../lib/image/resample.ts";
import type { InferenceModel } from "../../lib/models/detector_model.ts";
import { inferenceModel, MODEL_NAMES } from "../../lib/models/registry.ts";
import { type NdArray, stack, transpose } from "../../lib/numbers/nd_array.ts";
import { encodeOnnx, type OnnxOptions } from "../../lib/onnx/encode.ts";
import { Random } from "../../lib/numbers/random.ts";
import { embeddedModel } from "../../lib/weights/embedded.ts";
import { decodeModel, type LoadedModel } from "../../lib/weights/model_file.ts";
import { initialWeights } from "../../lib/weights/weight_map.ts";
import { assertAllClose } from "../_support/close.ts";
import { runOnnx, testOnOnnxRuntime } from "./onnxruntime.ts";

const PHOTOS = ["sample1.jpg", "sample2.jpg"];

/** Photos as a network sees them at this size, `[B, H, W, 3]`. */
async function photos(names: readonly string[], { input }: InferenceModel, size: Size) {
  return stack(
    await Promise.all(names.map(async (name) => {
      const url = new URL(`../../data/samples/${name}`, import.meta.url);
      const image = await decodeImage(await Deno.readFile(url));
      return normalise(resample(image, letterbox(image, size), input.fill), input);
    })),
  );
}

async function expectedOf({ model, weights }: LoadedModel, image: NdArray) {
  await selectDevice("wasm");
  using network = new TfNetwork(model.graph, weights);
  return await fromActivations(tf.tidy(() => network.predict(toActivations({ image }))));
}

/** Runs a model here and as an ONNX file, and compares. */
async function compare(
  loaded: LoadedModel,
  image: NdArray,
  options: OnnxOptions,
): Promise<void> {
  const file = encodeOnnx(loaded.model, loaded.weights, options);
  const [result] = await runOnnx([{ file, inputs: { image: transpose(image, [0, 3, 1, 2]) } }]);
  assert.ok(typeof result === "object", String(result));
  const expected = await expectedOf(loaded, image);
  assert.deepEqual(Object.keys(result).sort(), Object.keys(loaded.model.graph.outputs).sort());
  for (const [name, { shape, data }] of Object.entries(expected)) {
    assert.deepEqual(result[name]!.shape, shape, name);
    const largest = data.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    assert.ok(largest > 0.1, `${name} says something`);
    assertAllClose(result[name]!.data, data, { atol: 1e-4 * largest, rtol: 1e-4 });
  }
}

/** How much of the noise a weight takes, by the end of its name. */
const NOISE: readonly (readonly [ending: string, amount: number])[] = [
  ["/moving_variance", 0.5],
  // Fractions of a pixel: far away, another rounding soon reads another pixel.
  ["conv_offset/kernel", 1e-4],
  ["", 0.1],
];

/** A model with weights none of which is left out by being 0, as a training starts with some. */
function withNoise(model: InferenceModel): LoadedModel {
  const random = new Random(["onnx"]);
  const weights = new Map(
    [...initialWeights(model.graph, 1)].map(([name, { shape, data }]): [string, NdArray] => {
      const [, amount] = NOISE.find(([ending]) => name.endsWith(ending))!;
      return [name, { shape, data: data.map((value) => value + amount * random.uniform()) }];
    }),
  );
  return { model, weights };
}

for (const float16 of [false, true]) {
  testOnOnnxRuntime(
    `tiny finds in ONNX Runtime what it finds here${float16 ? ", its weights in half" : ""}`,
    async () => {
      // They ship in half precision, so that writing them so loses nothing.
      const tiny = decodeModel(await embeddedModel("tiny"));
      const image = await photos(PHOTOS, tiny.model, tiny.model.input.size);
      await compare(tiny, image, { dynamic: true, float16 });
    },
  );
}

const FAST = { backbone: "mobilenet_v2", alpha: 0.35, channels: 32, towerDepth: 1 };
const SEEDS = ["tiny", "tinaface", "tinaface-lite"];
const networks: [string, InferenceModel][] = [
  ["tinaface, group norm", inferenceModel("tinaface", FAST)],
  ["tinaface, batch norm", inferenceModel("tinaface", { ...FAST, norm: "bn" })],
  [
    "tinaface, deformable ResNet-50",
    inferenceModel("tinaface", { ...FAST, backbone: "resnet50", deformable: true }),
  ],
  ["tinaface-lite", inferenceModel("tinaface-lite", FAST)],
  ...MODEL_NAMES.filter((name) => !SEEDS.includes(name))
    .map((name): [string, InferenceModel] => [name, inferenceModel(name)]),
];

for (const [title, model] of networks) {
  testOnOnnxRuntime(`${title} gives in ONNX Runtime what it gives here`, async () => {
    const loaded = withNoise(model), side = model.input.multipleOf!;
    const size = { width: 2 * side, height: side };
    const image = await photos(["sample1.jpg"], model, size);
    await compare(loaded, image, { size });
  });
}

testOnOnnxRuntime("a model of any size runs at sizes that its strides do not divide", async () => {
  const loaded = withNoise(inferenceModel("tinaface", FAST));
  const image = await photos(PHOTOS, loaded.model, { width: 131, height: 97 });
  await compare(loaded, image, { dynamic: true });
});

Deno.test("encodeOnnx() refuses a size that the model does not take", () => {
  const refused = (name: string, size: Size) => () => {
    const model = inferenceModel(name);
    encodeOnnx(model, new Map(), { size });
  };
  assert.throws(refused("tiny", { width: 256, height: 256 }), {
    name: "RangeError",
    message: 'Cannot write model "tiny": the size is "256x256", expected "224x224"',
  });
  assert.throws(refused("tinaface", { width: 640, height: 650 }), /multiples of "128"/);
});
