// The Labelme reader.
import assert from "node:assert/strict";
import { labelmePhoto, loadLabelme, parseLabelme } from "../../lib/datasets/labelme.ts";
import { readPhoto } from "../../lib/datasets/photo_file.ts";
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

Deno.test("parseLabelme() encloses circles, given by centre and rim", () => {
  const circle = { label: "face", shape_type: "circle", points: [[50, 40], [53, 44]] };
  assert.deepEqual([...parseLabelme(labelme([circle])).boxes], [45, 35, 55, 45]);
});

Deno.test("parseLabelme() takes a point for no face", () => {
  const point = { label: "nose", shape_type: "point", points: [[5, 5]] };
  const { boxes, mended } = parseLabelme(labelme([point, face([1, 1], [3, 4])]));
  assert.deepEqual([[...boxes], mended], [[1, 1, 3, 4], 1]);
});

Deno.test("parseLabelme() ignores what is flagged so", () => {
  const flagged = { ...face([1, 1], [3, 4]), flags: { ignore: true } };
  const { ignore } = parseLabelme(labelme([flagged, face([5, 5], [8, 9])]));
  assert.deepEqual([...ignore], [1, 0]);
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
  ]);
});

Deno.test("loadLabelme() finds photos in folders below", async () => {
  const store = new MemoryStore({
    "images/x/a.jpg": "",
    "images/y/a.jpg": "",
    "labels/x/a.json": labelme([face([1, 1], [2, 2])], "../../images/x/a.jpg"),
    "labels/y/a.json": labelme([], "..\\..\\images\\y\\a.jpg"),
  });
  const { samples } = await loadLabelme(store, { images: "images", labels: "labels" });
  assert.deepEqual(samples.map(({ id, boxes }) => [id, boxes.length]), [["x/a.jpg", 4], [
    "y/a.jpg",
    0,
  ]]);
});

Deno.test("loadLabelme() takes the photo out of the file when it is nowhere else", async () => {
  const bytes = Uint8Array.of(1, 2, 250);
  const text = JSON.stringify({
    ...JSON.parse(labelme([face([1, 1], [2, 2])], "C:\\lost\\a.png")),
    imageData: bytes.toBase64(),
  });
  const store = new MemoryStore({ "l/a.json": text, "l/b.jpg": "b", "l/b.json": labelme([]) });
  const { samples, problems } = await loadLabelme(store, { images: "l", labels: "l" });
  assert.deepEqual(samples.map(({ id, path }) => [id, path]), [
    ["b.jpg", "l/b.jpg"],
    ["a.png", "l/a.json"],
  ]);
  assert.deepEqual(problems, []);
  assert.deepEqual(await readPhoto(store, samples[1]!), bytes);
  assert.deepEqual(await readPhoto(store, samples[0]!), new TextEncoder().encode("b"));
});

Deno.test("labelmePhoto() says when there is no photo", () => {
  for (const imageData of [null, "*", 7]) {
    const text = JSON.stringify({ shapes: [], imagePath: "a.jpg", imageData });
    assert.throws(() => labelmePhoto(text, "a.json"), {
      name: "SyntaxError",
      message: 'Cannot read "a.json": "imageData" is not an image in base64',
    });
  }
});

Deno.test("loadLabelme() takes only some labels for faces, or says that it takes all", async () => {
  const labels = [face([1, 1], [2, 2]), { ...face([3, 3], [5, 5]), label: "dog" }];
  const store = new MemoryStore({ "l/a.jpg": "", "l/a.json": labelme(labels) });
  const all = await loadLabelme(store, { images: "l", labels: "l" });
  assert.equal(all.samples[0]!.boxes.length, 8);
  assert.deepEqual(all.problems, ['"l" has 2 classes, all taken as faces: "dog", "face"']);
  const some = await loadLabelme(store, { images: "l", labels: "l", classes: ["face"] });
  assert.deepEqual([...some.samples[0]!.boxes], [1, 1, 2, 2]);
  assert.deepEqual(some.problems, []);
});

Deno.test("loadLabelme() throws when nothing is labelled", async () => {
  const store = new MemoryStore({ "images/a.jpg": "" });
  await assert.rejects(loadLabelme(store, { images: "images", labels: "labels" }), {
    message: 'Cannot load "images": none of its 1 images has a .json label file in "labels"',
  });
});
