// The YOLO reader.
import assert from "node:assert/strict";
import { loadYolo, parseYolo } from "../../lib/datasets/yolo.ts";
import { MemoryStore } from "./memory_store.ts";
import { pngHeader } from "./png_header.ts";

Deno.test("parseYolo() reads class, centre and sides", () => {
  const { boxes, labels, mended } = parseYolo(
    "0 0.5 0.5 0.5 0.25\n\n3 0.25 0.75 0.5 0.5 \n0 0.5 0.5 0 0.1",
  );
  assert.deepEqual([...boxes], [0.25, 0.375, 0.75, 0.625, 0, 0.5, 0.5, 1]);
  assert.deepEqual([labels, mended], [["0", "3"], 1]);
  assert.equal(parseYolo("").boxes.length, 0);
});

Deno.test.each([
  ["0 0.5 0.5 0.5", /Cannot read "a.txt", line 1: it is "0 0.5 0.5 0.5", expected class cx cy w h/],
  ["0 0.5 0.5 0.5 0.5\n0 10 20 30 40", /line 2: it is "0 10 20 30 40"/],
  ["0 0.5 NaN 0.5 0.5", /line 1: it is "0 0.5 NaN 0.5 0.5"/],
  ["0 0.5 0.5 -0.5 0.5", /line 1: it is "0 0.5 0.5 -0.5 0.5"/],
  ["0 0.1 0.2 0.3 0.4 0.5 0.6", /line 1/],
])("parseYolo() says what is wrong with %j", (text, message) => {
  assert.throws(() => parseYolo(text, "a.txt"), { name: "SyntaxError", message });
});

Deno.test("loadYolo() scales to the photo; one without a text has no face", async () => {
  const store = new MemoryStore({
    "images/a.png": pngHeader(200, 100),
    "images/b.png": pngHeader(10, 10),
    "images/torn.png": "torn",
    "images/bad.png": pngHeader(10, 10),
    "labels/a.txt": "0 0.5 0.5 0.5 0.5",
    "labels/torn.txt": "0 0.5 0.5 0.5 0.5",
    "labels/bad.txt": "?",
    "labels/classes.txt": "face\n",
  });
  const { samples, problems, leftovers } = await loadYolo(store, {
    images: "images",
    labels: "labels",
  });
  assert.deepEqual(samples.map(({ id, boxes }) => [id, [...boxes]]), [
    ["a.png", [50, 25, 150, 75]],
    ["b.png", []],
  ]);
  assert.deepEqual(problems, [
    'Cannot read "labels/bad.txt", line 1: it is "?", expected class cx cy w h, the last four from 0 to 1',
    '1 images of "images" have no label file: no face on them',
    "images/torn.png: left out: Cannot decode the image: its header is not whole",
  ]);
  assert.deepEqual(leftovers!.broken, ["labels/bad.txt"]);
});
