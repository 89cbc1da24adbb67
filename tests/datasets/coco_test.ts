// The COCO reader.
import assert from "node:assert/strict";
import { loadCoco, parseCoco } from "../../lib/datasets/coco.ts";
import { MemoryStore } from "./memory_store.ts";

const IMAGES = [{ id: 1, file_name: "a.jpg" }, { id: "two", file_name: "x/b.jpg" }];
const CATEGORIES = [{ id: 1, name: "face" }, { id: 7, name: "dog" }];

function coco(...annotations: unknown[]): string {
  return JSON.stringify({ images: IMAGES, annotations, categories: CATEGORIES });
}

const box = (bbox: unknown, more = {}) => ({ image_id: 1, category_id: 1, bbox, ...more });

Deno.test("parseCoco() reads x, y, width, height and iscrowd", () => {
  const text = coco(
    box([10, 20, 30.5, 40]),
    box([1, 2, 3, 4], { iscrowd: 1 }),
    box([5, 6, 7, 8], { image_id: "two", category_id: 7 }),
    box([5, 6, 0, 8]),
  );
  const [a, b] = parseCoco(text);
  assert.deepEqual([a!.path, b!.path], ["a.jpg", "x/b.jpg"]);
  assert.deepEqual([...a!.annotation.boxes], [10, 20, 40.5, 60, 1, 2, 4, 6]);
  assert.deepEqual([...a!.annotation.ignore], [0, 1]);
  assert.deepEqual(b!.annotation.labels, ["dog"]);
  assert.equal(a!.annotation.mended, 1, "the one without a width");
});

Deno.test.each([
  ["[", /Cannot read "c.json": it is not JSON/],
  ['{"images": []}', /it is not a COCO file, which has "images" and "annotations"/],
  ["[1]", /it is not a COCO file/],
  ['{"images": [{"id": 1}], "annotations": []}', /image 0 has no "file_name"/],
  [
    '{"images": [{"id": 1, "file_name": "a"}, {"id": 1, "file_name": "b"}], "annotations": []}',
    /two images have id "1"/,
  ],
  [
    coco(box([1, 2, 3, 4]), box([1, 2, 3, 4], { image_id: 99 }), box([1], { image_id: 98 })),
    /2 of its 3 boxes are for images that it does not list, the first has image_id "99"/,
  ],
  [
    coco(box([1, 2, -3, 4])),
    /annotation 0 has bbox "\[1,2,-3,4\]", expected four numbers .* no side/,
  ],
  [coco(box([1, 2, null, 4])), /annotation 0 has bbox "\[1,2,null,4\]"/],
  [coco(box(undefined)), /annotation 0 has bbox "undefined"/],
  [
    '{"images": [], "annotations": [{"bbox": [NaN, 1, 2, 3]}]}',
    /it has "NaN" where a number must be/,
  ],
])("parseCoco() says what is wrong with %j", (text, message) => {
  assert.throws(() => parseCoco(text, "c.json"), { name: "SyntaxError", message });
});

Deno.test("loadCoco() leaves out missing photos, says so, and names the others", async () => {
  const store = new MemoryStore({
    "c.json": coco(box([1, 2, 3, 4]), box([1, 1, 9, 9], { category_id: 7 })),
    "images/a.jpg": "",
    "images/z.jpg": "",
  });
  const spec = { images: "images", annotations: "c.json" };
  const { samples, problems, leftovers } = await loadCoco(store, spec);
  assert.deepEqual(samples.map(({ id, path }) => [id, path]), [["a.jpg", "images/a.jpg"]]);
  assert.equal(samples[0]!.orientation, "upright");
  assert.deepEqual(problems, [
    '1 of 2 images of "c.json" are not in "images"',
    '1 images of "images" are not in "c.json"',
    '"c.json" has 2 classes, all taken as faces: "dog", "face"',
  ]);
  assert.deepEqual(leftovers, {
    photos: ["images/z.jpg"],
    annotations: ["images/x/b.jpg"],
    broken: [],
  });
  const faces = await loadCoco(store, { ...spec, classes: ["face"] });
  assert.deepEqual([...faces.samples[0]!.boxes], [1, 2, 4, 6]);
  await assert.rejects(loadCoco(store, { ...spec, images: "nowhere" }), {
    message: 'Cannot load "c.json": none of its 2 images is in "nowhere"',
  });
});
