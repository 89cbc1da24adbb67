import assert from "node:assert/strict";
import { embedCommand } from "../../../lib/cli/tools/embed.ts";
import { inferenceModel } from "../../../lib/models/registry.ts";
import { decodeModel, encodeModel } from "../../../lib/weights/model_file.ts";
import { decodeSafetensors } from "../../../lib/weights/safetensors.ts";
import { initialWeights } from "../../../lib/weights/weight_map.ts";
import { MemoryStore } from "../../_support/memory_store.ts";

Deno.test("embedCommand() writes a model in half precision, as a file and as a module of it", async () => {
  const store = new MemoryStore(), model = inferenceModel("tiny");
  const notes = { epoch: "7" };
  await store.write(
    "model.safetensors",
    encodeModel(model, initialWeights(model.graph, 1), { notes }),
  );
  await embedCommand(["model.safetensors"], store, () => {});

  const file = await store.read("data/models/tiny.safetensors");
  assert.equal(decodeModel(file).model.name, "tiny");
  assert.equal(decodeSafetensors(file).metadata.epoch, "7");
  const module = await store.text("lib/weights/embedded/tiny.ts");
  const { BASE64 } = await import(`data:text/typescript,${encodeURIComponent(module)}`);
  assert.deepEqual(Uint8Array.fromBase64(BASE64), file);
});
