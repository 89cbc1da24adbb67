// Weight files of other formats, by their names.
import assert from "node:assert/strict";
import { readWeights } from "../../lib/weights/read_weights.ts";
import { encodeSafetensors } from "../../lib/weights/safetensors.ts";
import { readTfjsLayers } from "../../lib/weights/tfjs_layers.ts";
import { MemoryStore } from "../_support/memory_store.ts";

const text = (value: unknown) =>
  new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));

const SPECS = [
  { name: "a/kernel", shape: [2, 1], dtype: "float32" },
  { name: "a/bias", shape: [1], dtype: "float32" },
];

/** A TF.js layers model in two shards that cut a number in half. */
async function published(specs: unknown = SPECS) {
  const store = new MemoryStore();
  const data = new Uint8Array(Float32Array.of(1.5, -2, 3).buffer);
  await store.write("m/one.bin", data.subarray(0, 6));
  await store.write("m/two.bin", data.subarray(6));
  const weightsManifest = [{ paths: ["one.bin", "two.bin"], weights: specs }];
  await store.write("m/model.json", text({ modelTopology: {}, weightsManifest }));
  return store;
}

Deno.test("readTfjsLayers() joins the shards beside the model", async () => {
  assert.deepEqual(
    await readTfjsLayers(await published(), "m/model.json"),
    new Map([
      ["a/kernel", { shape: [2, 1], data: Float32Array.of(1.5, -2) }],
      ["a/bias", { shape: [1], data: Float32Array.of(3) }],
    ]),
  );
});

Deno.test("readTfjsLayers() says what it cannot read, and where", async () => {
  const store = await published();
  await store.write("text.json", text("not JSON"));
  await store.write("other.json", text({ layers: [] }));
  await store.write("null.json", text("null"));
  for (const path of ["text.json", "other.json", "null.json"]) {
    await assert.rejects(readTfjsLayers(store, path), {
      name: "SyntaxError",
      message: `Cannot read weights: "${path}" is not a TF.js layers model`,
    });
  }
  await assert.rejects(readTfjsLayers(store, "absent.json"), /absent\.json/);
});

Deno.test("readTfjsLayers() refuses numbers that are cut short or not plain", async () => {
  const long = await published([{ name: "a", shape: [4], dtype: "float32" }]);
  await assert.rejects(readTfjsLayers(long, "m/model.json"), {
    name: "SyntaxError",
    message: 'Cannot read weights: the numbers beside "m/model.json" are cut short',
  });
  const odd = [
    { name: "a", shape: [3], dtype: "int32" },
    { name: "a", shape: [3], dtype: "float32", quantization: { scale: 1, min: 0 } },
  ];
  for (const spec of odd) {
    await assert.rejects(readTfjsLayers(await published([spec]), "m/model.json"), {
      name: "SyntaxError",
      message: 'Cannot read weights: "a" in "m/model.json" is not plain float32',
    });
  }
});

Deno.test("readWeights() tells formats apart by the name and names a broken file", async () => {
  const store = await published();
  const tensors = new Map([["w", { shape: [1], data: Float32Array.of(4) }]]);
  await store.write("w.safetensors", encodeSafetensors(tensors));
  await store.write("broken.safetensors", text("nothing of that kind"));
  assert.deepEqual(await readWeights(store, "w.safetensors"), tensors);
  assert.equal((await readWeights(store, "m/model.json")).size, 2);
  await assert.rejects(readWeights(store, "broken.safetensors"), {
    name: "SyntaxError",
    message: /^Cannot read weights: .* \("broken\.safetensors"\)$/,
  });
});
