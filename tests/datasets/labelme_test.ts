// The Labelme reader.
import assert from "node:assert/strict";
import { loadLabelme, parseLabelme } from "../../lib/datasets/labelme.ts";
import { MemoryStore } from "./memory_store.ts";

function labelme(shapes: unknown, imagePath = "a.jpg"): string {
  return JSON.stringify({ version: "5.0.1", shapes, imagePath, imageWidth: 100, imageHeight: 80 });
}

const face = (...points: number[][]) => ({ label: "face", shape_type: "rectangle", points });

Deno.test("parseLabelme() takes the corners in any order", () => {
  const corners = [[10, 20], [30, 50]], others = [[30, 20], [10, 50]];
  for (const points of [corners, corners.toReversed(), others, others.toReversed()]) {
    assert.deepEqual([...parseLabelme(labelme([face(...points)])).boxes], [10, 20, 30, 50]);
  }
});

Deno.test("parseLabelme() encloses polygons", () => {
  const { boxes } = parseLabelme(labelme([face([10, 30], [25, 5], [40, 32], [22, 60])]));
  assert.deepEqual([...boxes], [10, 5, 40, 60]);
});

Deno.test("parseLabelme() cuts shapes to the photo and counts them", () => {
  const shapes = [face([-5, 10], [20, 90]), face([1, 1], [2, 2]), face([110, 5], [130, 20])];
  const { boxes, labels, mended } = parseLabelme(labelme(shapes));
  assert.deepEqual([...boxes], [0, 10, 20, 80, 1, 1, 2, 2]);
  assert.deepEqual(labels, ["face", "face"]);
  assert.equal(mended, 2);
});

Deno.test("parseLabelme() does not count fractions of pixels as mended", () => {
  assert.equal(parseLabelme(labelme([face([0.1, 0.7], [50.3, 60.6])])).mended, 0);
});

Deno.test("parseLabelme() leaves out the folders of imagePath, however they are written", () => {
  for (const path of ["a.jpg", "../images/a.jpg", "..\\images\\a.jpg", "C:\\photos\\a.jpg"]) {
    assert.equal(parseLabelme(labelme([], path)).image, "a.jpg");
  }
});

Deno.test.each([
  ["{", /Cannot read "a.json": it is not JSON/],
  ["[1, 2]", /is not a Labelme file/],
  ['{"imagePath": "a.jpg"}', /is not a Labelme file, which has "shapes" and "imagePath"/],
  [labelme([{ label: "face" }]), /shape 0 has no "points"/],
  [labelme([face([1, 1], [2, 2]), face([1, 1])]), /shape 1 has no "points"/],
  [labelme([{ label: "face", points: [[1, "x"], [2, 2]] }]), /shape 0 has no "points"/],
])("parseLabelme() says what is wrong with %j", (text, message) => {
  assert.throws(() => parseLabelme(text, "a.json"), { name: "SyntaxError", message });
});

Deno.test("loadLabelme() pairs photos and labels of two folders", async () => {
  const store = new MemoryStore({
    "images/a.jpg": "",
    "images/b.PNG": "",
    "images/c.jpg": "",
    "images/notes.txt": "",
    "labels/a.json": labelme([face([10, 20], [30, 50])], "..\\images\\a.jpg"),
    "labels/b.json": labelme([], "../images/renamed_since.png"),
    "labels/d.json": labelme([], "d.jpg"),
  });
  const dataset = await loadLabelme(store, { images: "images", labels: "labels" });
  assert.deepEqual(dataset.samples.map(({ id, path }) => [id, path]), [
    ["a.jpg", "images/a.jpg"],
    ["b.PNG", "images/b.PNG"],
  ]);
  assert.deepEqual([...dataset.samples[0]!.boxes], [10, 20, 30, 50]);
  assert.deepEqual([...dataset.samples[0]!.ignore], [0]);
  assert.equal(dataset.samples[0]!.orientation, "upright");
  assert.deepEqual(dataset.problems, [
    '1 label files of "labels" have no image in "images"',
    '1 images of "images" have no label file',
  ]);
});

Deno.test("loadLabelme() passes over other JSON files and names broken ones", async () => {
  const store = new MemoryStore({
    "all/a.jpg": "",
    "all/a.json": labelme([face([10, 20], [30, 50])]),
    "all/b.jpg": "",
    "all/b.json": "{",
    "all/train.json": '{"epochs": 3}',
  });
  const dataset = await loadLabelme(store, { images: "all", labels: "all" });
  assert.deepEqual(dataset.samples.map((sample) => sample.id), ["a.jpg"]);
  assert.deepEqual(dataset.problems, [
    'Cannot read "all/b.json": it is not JSON',
    '1 images of "all" have no label file',
  ]);
});

Deno.test("loadLabelme() throws when nothing is labelled", async () => {
  const store = new MemoryStore({ "images/a.jpg": "" });
  await assert.rejects(loadLabelme(store, { images: "images", labels: "labels" }), {
    message: 'Cannot load "images": none of its 1 images has a Labelme file in "labels"',
  });
});
