// Data sets by the layout of their folder.
import assert from "node:assert/strict";
import { datasetAt, partsAt } from "../../lib/cli/dataset_argument.ts";
import { denoStore } from "../../lib/cli/deno_store.ts";
import { loadDataset } from "../../lib/datasets/load.ts";
import { MemoryStore } from "../_support/memory_store.ts";
import { realData, testOnRealData } from "../_support/real_data.ts";

/** Files by path; those that are only named are empty. */
function storeOf(...files: (string | readonly [path: string, text: string])[]): MemoryStore {
  const store = new MemoryStore();
  for (const file of files) {
    const [path, text] = typeof file === "string" ? [file, ""] : file;
    store.files.set(path, new TextEncoder().encode(text));
  }
  return store;
}

const COCO = JSON.stringify({ images: [], annotations: [] });
const labelme = (path: string) => ({
  format: "labelme",
  images: `${path}/images`,
  labels: `${path}/labels`,
});

Deno.test("datasetAt() knows WIDER FACE by its folder of annotations", async () => {
  const store = storeOf("data/wider/wider_face_split/x.txt", "data/wider/WIDER_val/images/x");
  assert.deepEqual(await datasetAt(store, "data/wider/", "val"), {
    format: "wider",
    images: "data/wider/WIDER_val/images",
    annotations: "data/wider/wider_face_split/wider_face_val_bbx_gt.txt",
  });
  await assert.rejects(datasetAt(store, "data/wider", "train"), {
    exitCode: 2,
    message: 'Cannot use data set "data/wider": it has no part "train", only "val"',
  });
});

Deno.test("datasetAt() knows Labelme in two folders and in one", async () => {
  const store = storeOf("two/images/a.jpg", "two/labels/a.json", "one/a.jpg", "one/a.json");
  assert.deepEqual(await datasetAt(store, "two", "val"), labelme("two"));
  assert.deepEqual(await datasetAt(store, "one", "val"), {
    format: "labelme",
    images: "one",
    labels: "one",
  });
});

Deno.test("datasetAt() knows the six folders", async () => {
  const files = ["train", "valid", "test"].flatMap((part) => [
    `faces/${part}/images/a.jpg`,
    `faces/${part}/labels/a.json`,
  ]);
  const store = storeOf(...files);
  assert.deepEqual(await datasetAt(store, "faces", "train"), labelme("faces/train"));
  assert.deepEqual(await datasetAt(store, "faces", "val"), labelme("faces/valid"));
  assert.deepEqual([...(await partsAt(store, "faces")).keys()], ["train", "valid", "test"]);
  assert.deepEqual(await datasetAt(store, "faces/test", "val"), labelme("faces/test"));
});

Deno.test("partsAt() knows YOLO with and without data.yaml", async () => {
  const images = ["y/images/train/a.jpg", "y/images/val/b.jpg"], label = "y/labels/train/a.txt";
  const expected = ["train", "val"].map((part) => [part, {
    format: "yolo",
    images: `y/images/${part}`,
    labels: `y/labels/${part}`,
  }]);
  assert.deepEqual([...await partsAt(storeOf(...images, label), "y")], expected);
  const yaml =
    "path: ../datasets/y # not here\ntrain: images/train\nval: 'images/val/'\nnames: {0: face}";
  const store = storeOf(...images, label, ["y/data.yaml", yaml]);
  assert.deepEqual([...await partsAt(store, "y")], expected);
});

Deno.test("partsAt() knows YOLO as Roboflow lays it out, and one part named twice", async () => {
  const roboflow = storeOf(
    "r/train/images/a.jpg",
    "r/valid/images/a.jpg",
    "r/train/labels/a.txt",
    ["r/data.yaml", "train: ../train/images\nval: ../valid/images\n"],
  );
  assert.deepEqual([...await partsAt(roboflow, "r")], [
    ["train", { format: "yolo", images: "r/train/images", labels: "r/train/labels" }],
    ["val", { format: "yolo", images: "r/valid/images", labels: "r/valid/labels" }],
  ]);
  const same = storeOf("s/images/a.jpg", "s/labels/a.txt", [
    "s/data.yaml",
    "train: images\nval: images\n",
  ]);
  assert.deepEqual([...await partsAt(same, "s")], [
    ["", { format: "yolo", images: "s/images", labels: "s/labels" }],
  ]);
});

Deno.test("partsAt() knows COCO as it is distributed, and in one file", async () => {
  const store = storeOf(
    "c/annotations/instances_train2017.json",
    "c/annotations/instances_val2017.json",
    "c/train2017/a.jpg",
    "c/images/val2017/b.jpg",
    ["one/annotations.json", COCO],
    "one/images/a.jpg",
    ["r/train/_annotations.coco.json", COCO],
    "r/train/a.jpg",
  );
  assert.deepEqual([...await partsAt(store, "c")], [
    ["train", {
      format: "coco",
      images: "c/train2017",
      annotations: "c/annotations/instances_train2017.json",
    }],
    ["val", {
      format: "coco",
      images: "c/images/val2017",
      annotations: "c/annotations/instances_val2017.json",
    }],
  ]);
  assert.deepEqual(await datasetAt(store, "one", "train"), {
    format: "coco",
    images: "one/images",
    annotations: "one/annotations.json",
  });
  assert.deepEqual(await datasetAt(store, "r", "train"), {
    format: "coco",
    images: "r/train",
    annotations: "r/train/_annotations.coco.json",
  });
});

Deno.test("partsAt() knows VOC with and without lists", async () => {
  const files = ["v/JPEGImages/a.jpg", "v/Annotations/a.xml"];
  const spec = { format: "voc", images: "v/JPEGImages", annotations: "v/Annotations" };
  assert.deepEqual([...await partsAt(storeOf(...files), "v")], [["", spec]]);
  const lists = storeOf(...files, "v/ImageSets/Main/train.txt", "v/ImageSets/Main/face_val.txt");
  assert.deepEqual([...await partsAt(lists, "v")], [
    ["train", { ...spec, list: "v/ImageSets/Main/train.txt" }],
  ]);
  assert.deepEqual(await datasetAt(storeOf("k/images/a.png", "k/annotations/a.xml"), "k", "val"), {
    format: "voc",
    images: "k/images",
    annotations: "k/annotations",
  });
});

Deno.test("partsAt() takes photos alone only where it may", async () => {
  const store = storeOf("photos/a.jpg");
  assert.deepEqual([...await partsAt(store, "photos", true)], [
    ["", { format: "negatives", images: "photos" }],
  ]);
  await assert.rejects(partsAt(store, "photos"), { exitCode: 2 });
});

Deno.test("datasetAt() refuses what it does not know", async () => {
  const store = storeOf("photos/a.jpg");
  await assert.rejects(datasetAt(store, "photos", "val"), {
    name: "CliError",
    message: 'Cannot use data set "photos": it is laid out like none of Labelme, COCO, YOLO, VOC ' +
      "and WIDER FACE, see data/README.md",
  });
  await assert.rejects(datasetAt(store, "nowhere", "val"), {
    exitCode: 2,
    message: 'Cannot use data set "nowhere": the folder is missing or empty',
  });
});

/** Photos and faces of the real data sets, counted with other tools. */
const REAL = {
  masks_labelme: { train: [536, 2952], valid: [64, 455], test: [79, 515] },
  scenes_labelme: { "": [683, 2414] },
  wider: { train: [1000, 36693], val: [258, 6754] },
  negatives: { "": [318, 0] },
};

for (const [name, expected] of Object.entries(REAL)) {
  testOnRealData(`partsAt() finds all of ${name}`, async () => {
    const counts: Record<string, number[]> = {};
    for (const [part, spec] of await partsAt(denoStore, realData(name), true)) {
      const { samples } = await loadDataset(denoStore, spec);
      counts[part] = [samples.length, samples.reduce((n, { ignore }) => n + ignore.length, 0)];
    }
    assert.deepEqual(counts, expected);
  });
}
