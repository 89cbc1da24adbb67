// The backbone against Keras' own topology, run by TensorFlow.js Layers, on a real photo.
import assert from "node:assert/strict";
import { selectDevice } from "../../lib/backends/device.ts";
import { denoStore } from "../../lib/cli/deno_store.ts";
import { decodeImage } from "../../lib/codec/decode.ts";
import { tf } from "../../lib/deps/tfjs.ts";
import { loadGradients } from "../../lib/deps/tfjs_gradients.ts";
import { TfNetwork } from "../../lib/executors/tf_network.ts";
import { letterbox } from "../../lib/geometry/letterbox.ts";
import { normalise } from "../../lib/image/normalise.ts";
import { resample } from "../../lib/image/resample.ts";
import { tinyInference } from "../../lib/models/tiny/inference.ts";
import type { NdArray } from "../../lib/numbers/nd_array.ts";
import { stack } from "../../lib/numbers/nd_array.ts";
import { readTfjsLayers } from "../../lib/weights/tfjs_layers.ts";
import { initialWeights } from "../../lib/weights/weight_map.ts";
import { assertAllClose } from "../_support/close.ts";
import { IMAGENET_MODEL, testOnImageNetWeights } from "../_support/real_data.ts";
import { toTensor4d } from "./small_network.ts";

const TAP = "block_16_project_BN";
const PHOTO = new URL("../../data/samples/sample1.jpg", import.meta.url);

/** A photo as the tiny detector sees it, `[1, 224, 224, 3]`. */
async function photo(): Promise<NdArray> {
  const { input } = tinyInference();
  const image = await decodeImage(await Deno.readFile(PHOTO));
  return stack([normalise(resample(image, letterbox(image, input.size), input.fill), input)]);
}

/** A model as far as it is walked through: its layers may be models. */
interface Nested {
  readonly name: string;
  readonly layers?: readonly Nested[];
}

/** The model, however deep inside another one, that owns a layer; the published one is wrapped. */
function ownerOf(model: Nested, layer: string): Nested | undefined {
  if (model.layers?.some(({ name }) => name === layer)) return model;
  return model.layers?.map((inner) => ownerOf(inner, layer)).find((owner) => owner !== undefined);
}

/** What the published model gives at the tap. */
async function kerasFeatures(image: NdArray): Promise<Float32Array> {
  const layers = await loadGradients();
  const { modelTopology, weightsManifest } = JSON.parse(await Deno.readTextFile(IMAGENET_MODEL));
  const weightData = await Deno.readFile(new URL("weights.bin", `file://${IMAGENET_MODEL}`));
  const model = await layers.loadLayersModel(tf.io.fromMemory({
    modelTopology,
    weightSpecs: weightsManifest[0].weights,
    weightData: weightData.buffer,
  }));
  const backbone = ownerOf(model as Nested, TAP) as typeof model;
  const tap = layers.model({ inputs: backbone.inputs, outputs: backbone.getLayer(TAP).output });
  const features = tf.tidy(() => tap.predict(toTensor4d(image)) as tf.Tensor);
  const data = await features.data<"float32">();
  features.dispose();
  model.dispose();
  return data;
}

testOnImageNetWeights("MobileNetV2 gives what Keras' topology gives on a real photo", async () => {
  await selectDevice("wasm");
  const image = await photo(), { graph } = tinyInference();
  const weights = new Map([
    ...initialWeights(graph, 1),
    ...await readTfjsLayers(denoStore, IMAGENET_MODEL),
  ]);
  using network = new TfNetwork(graph, weights);
  const features = tf.tidy(() => network.predict({ image: toTensor4d(image) }, [TAP])[TAP]!);
  assert.deepEqual(features.shape, [1, 7, 7, 112]);
  const actual = await features.data<"float32">(), expected = await kerasFeatures(image);
  features.dispose();
  assert.ok(Math.max(...expected.map(Math.abs)) > 1, "the photo moves the features");
  // Batch norms are folded into 52 convolutions here, which rounds in other places.
  assertAllClose(actual, expected, { atol: 1e-3, rtol: 0 });
});
