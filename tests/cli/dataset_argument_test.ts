import assert from "node:assert/strict";
import { datasetAt } from "../../lib/cli/dataset_argument.ts";
import { MemoryStore } from "../_support/memory_store.ts";

async function storeOf(...paths: string[]): Promise<MemoryStore> {
  const store = new MemoryStore();
  for (const path of paths) await store.write(path, new Uint8Array());
  return store;
}

Deno.test("datasetAt() knows WIDER FACE by its folder of annotations", async () => {
  const store = await storeOf("data/wider/wider_face_split/x.txt", "data/wider/WIDER_val/images/x");
  assert.deepEqual(await datasetAt(store, "data/wider/", "val"), {
    format: "wider",
    images: "data/wider/WIDER_val/images",
    annotations: "data/wider/wider_face_split/wider_face_val_bbx_gt.txt",
  });
});

Deno.test("datasetAt() knows Labelme in two folders and in one", async () => {
  const store = await storeOf("two/images/a.jpg", "two/labels/a.json", "one/a.jpg", "one/a.json");
  assert.deepEqual(await datasetAt(store, "two", "val"), {
    format: "labelme",
    images: "two/images",
    labels: "two/labels",
  });
  assert.deepEqual(await datasetAt(store, "one", "val"), {
    format: "labelme",
    images: "one",
    labels: "one",
  });
});

Deno.test("datasetAt() refuses what it does not know", async () => {
  const store = await storeOf("photos/a.jpg");
  await assert.rejects(datasetAt(store, "photos", "val"), {
    name: "CliError",
    message: 'Cannot use data set "photos": it holds neither Labelme JSON files, ' +
      "nor folders images and labels, nor wider_face_split",
  });
  await assert.rejects(datasetAt(store, "nowhere", "val"), {
    exitCode: 2,
    message: 'Cannot use data set "nowhere": the folder is missing or empty',
  });
});
