// A trained model as one file, and the one that ships inside the code.
import assert from "node:assert/strict";
import { DEFAULT_MODEL, MODEL_NAMES } from "../../lib/models/registry.ts";
import { tinyInference } from "../../lib/models/tiny/inference.ts";
import { embeddedModel } from "../../lib/weights/embedded.ts";
import { decodeModel, encodeModel } from "../../lib/weights/model_file.ts";
import { decodeSafetensors, encodeSafetensors } from "../../lib/weights/safetensors.ts";
import { initialWeights } from "../../lib/weights/weight_map.ts";
import { assertSameArrays, assertSameNumbers } from "../_support/same.ts";

const MODEL = tinyInference({ inputSize: 64, gridSize: 4 });
const WEIGHTS = initialWeights(MODEL.graph, 1);

/** The model's file with other metadata. */
function fileWith(metadata: Record<string, string>) {
  return encodeSafetensors(WEIGHTS, { metadata });
}

Deno.test("decodeModel() gives back model and weights", () => {
  const { model, weights } = decodeModel(encodeModel(MODEL, WEIGHTS), "tiny");
  assert.equal(model.name, "tiny");
  assert.deepEqual(model.config, MODEL.config);
  assert.deepEqual(model.graph, MODEL.graph);
  assertSameArrays(weights, WEIGHTS);
});

Deno.test("encodeModel() keeps notes beside the weights and can halve the numbers", () => {
  const whole = encodeModel(MODEL, WEIGHTS, { notes: { epoch: "7", model: "other" } });
  const { metadata } = decodeSafetensors(whole);
  assert.deepEqual([metadata.epoch, metadata.model], ["7", "tiny"], "notes cannot rename it");
  const half = encodeModel(MODEL, WEIGHTS, { type: "F16" });
  assert.ok(half.length < 0.55 * whole.length);
  decodeModel(half);
});

Deno.test("decodeModel() says what is wrong with a file", () => {
  const config = JSON.stringify(MODEL.config);
  const refused: [Uint8Array, string, string, RegExp][] = [
    [new TextEncoder().encode("no weights"), "tiny", "SyntaxError", /not a safetensors file/],
    [fileWith({}), "tiny", "SyntaxError", /does not say which model it belongs to$/],
    [fileWith({ model: "huge" }), "tiny", "RangeError", /"tiny": .* belong to model "huge"$/],
    [fileWith({ model: "huge" }), "huge", "RangeError", /^Cannot find model "huge"/],
    [fileWith({ model: "tiny", config: "{" }), "tiny", "SyntaxError", /config .* JSON object$/],
    [fileWith({ model: "tiny", config: "null" }), "tiny", "SyntaxError", /config .* JSON object$/],
    [fileWith({ model: "tiny", config: '{"a":1}' }), "tiny", "RangeError", /"a" is not one of/],
    [
      fileWith({ model: "tiny", config: config.replace("0.35", "0.5") }),
      "tiny",
      "WeightsMismatchError",
      /another network \(\d+ of another shape: "block_1_project\/kernel is /,
    ],
  ];
  for (const [bytes, expected, name, message] of refused) {
    assert.throws(() => decodeModel(bytes, expected), { name, message });
  }
});

Deno.test("the weights inside the code are those of data/models", async () => {
  const folder = new URL("../../data/models/", import.meta.url);
  const files = await Array.fromAsync(Deno.readDir(folder), ({ name }) => name);
  const shipped = MODEL_NAMES.filter((name) => files.includes(`${name}.safetensors`));
  assert.ok(shipped.includes(DEFAULT_MODEL));
  for (const name of shipped) {
    const embedded = await embeddedModel(name);
    const file = await Deno.readFile(new URL(`${name}.safetensors`, folder));
    assertSameNumbers(embedded, file, `${name} (run deno task embed)`);
    assert.equal(decodeModel(embedded, name).model.name, name);
  }
});
