// Data sets by description.
import assert from "node:assert/strict";
import { concat, type DatasetSpec, loadDataset } from "../../lib/datasets/load.ts";
import { MemoryStore } from "./memory_store.ts";

const FACE = "1 2 30 40 0 0 0 0 0 0\n";
const store = new MemoryStore({
  "w/gt.txt": `e/a.jpg\n1\n${FACE}e/b.jpg\n3\n${FACE.repeat(3)}`,
  "w/images/e/a.jpg": "",
  "w/images/e/b.jpg": "",
  "l/a.jpg": "",
  "l/a.json": '{"shapes": [], "imagePath": "a.jpg"}',
  "n/a.jpg": "",
  "n/z.txt": "",
});
const WIDER: DatasetSpec = { format: "wider", images: "w/images", annotations: "w/gt.txt" };
const LABELME: DatasetSpec = { format: "labelme", images: "l", labels: "l" };
const NEGATIVES: DatasetSpec = { format: "negatives", images: "n" };

Deno.test("loadDataset() reads every format", async () => {
  const ids = async (spec: DatasetSpec) =>
    (await loadDataset(store, spec)).samples.map((sample) => sample.id);
  assert.deepEqual(await ids(WIDER), ["e/a.jpg", "e/b.jpg"]);
  assert.deepEqual(await ids(LABELME), ["a.jpg"]);
  assert.deepEqual(await ids(NEGATIVES), ["a.jpg"]);
});

Deno.test("loadDataset() leaves out photos with too many faces and says so", async () => {
  const few = await loadDataset(store, { ...WIDER, maxFacesPerImage: 2 });
  assert.deepEqual(few.samples.map((sample) => sample.id), ["e/a.jpg"]);
  assert.deepEqual(few.problems, [
    '1 images of "gt.txt" have more than 2 faces and are left out',
  ]);
  const all = await loadDataset(store, { ...WIDER, maxFacesPerImage: null });
  assert.equal(all.samples.length, 2);
});

Deno.test("loadDataset() refuses what it does not know", async () => {
  const load = (spec: unknown) => loadDataset(store, spec as DatasetSpec);
  await assert.rejects(load({ format: "toString", images: "w" }), {
    name: "RangeError",
    message:
      /format is "toString", expected one of "wider", "labelme", "coco", "yolo", "voc", "negatives"/,
  });
  await assert.rejects(load({ format: "wider", images: "w/images" }), {
    name: "TypeError",
    message: /annotations is "undefined", format "wider" wants a path/,
  });
  await assert.rejects(load({ format: "negatives", images: "nowhere" }), {
    message: 'Cannot load "nowhere": it has no images',
  });
});

Deno.test("concat() keeps ids unique", async () => {
  const sets = await Promise.all([LABELME, NEGATIVES, WIDER].map((s) => loadDataset(store, s)));
  const { samples, name } = concat(sets);
  assert.deepEqual(samples.map((s) => s.id), ["a.jpg", "1:a.jpg", "e/a.jpg", "e/b.jpg"]);
  assert.deepEqual(samples.map((s) => s.path).slice(0, 2), ["l/a.jpg", "n/a.jpg"]);
  assert.equal(name, "l + n + gt.txt");
});
