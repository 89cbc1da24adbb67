// What an audit counts, on photos made for it.
import assert from "node:assert/strict";
import { audit } from "../../lib/datasets/audit.ts";
import type { Dataset, Sample } from "../../lib/datasets/sample.ts";
import { encodePng } from "../../lib/codec/encode.ts";
import { Random } from "../../lib/numbers/random.ts";
import { MemoryStore } from "./memory_store.ts";

function photo(seed: number, change = 0): Uint8Array {
  const random = new Random([seed]), tiles = Array.from({ length: 72 }, () => random.integer(250));
  const data = new Uint8Array(3 * 180 * 160);
  for (let k = 0; k < 180 * 160; k++) {
    const tile = 9 * Math.floor(k / 180 / 20) + Math.floor(k % 180 / 20);
    data.fill(tiles[tile]! + change, 3 * k, 3 * k + 3);
  }
  return encodePng({ width: 180, height: 160, data });
}

function sampleOf(path: string, boxes: number[] = [], ignore?: number[]): Sample {
  return {
    id: path,
    path,
    boxes: Float32Array.from(boxes),
    ignore: Uint8Array.from(ignore ?? new Array(boxes.length / 4).fill(0)),
    attributes: {},
    orientation: "upright",
  };
}

Deno.test("audit() counts faces, faults and doubles", async () => {
  const store = new MemoryStore({
    "a.png": photo(1),
    "copy.png": photo(1),
    "brighter.png": photo(1, 3),
    "other.png": photo(2),
    "torn.png": "torn",
  });
  const dataset: Dataset = {
    name: "set",
    problems: ["something"],
    samples: [
      sampleOf("a.png", [
        ...[10, 10, 20, 30], // fine, 20 px
        ...[170, 10, 190, 40], // beyond the edge
        ...[300, 10, 320, 40], // off the photo
        ...[5, 5, 9, 20], // narrow
        ...[50, 50, 40, 60], // inverted
        ...[50, 50, 100, 100], // to be ignored
      ], [0, 0, 0, 0, 0, 1]),
      sampleOf("copy.png"),
      sampleOf("brighter.png", [0, 0, 100, 120]),
      sampleOf("other.png"),
      sampleOf("torn.png", [1, 1, 5, 5]),
    ],
  };
  const seen: number[] = [];
  const report = await audit(dataset, { store, onPhoto: (done) => seen.push(done) });
  assert.deepEqual(seen, [1, 2, 3, 4, 5]);
  const { photos, background, faces, ignored, boxes, duplicates, alike, broken } = report;
  assert.deepEqual({ photos, background, faces, ignored }, {
    ...{ photos: 5, background: 2, faces: 7, ignored: 1 },
  });
  assert.deepEqual(boxes, { outside: 2, offPhoto: 1, tiny: 1, inverted: 1 });
  assert.deepEqual(duplicates, [["a.png", "copy.png"]]);
  assert.deepEqual(alike.map(({ first, second }) => [first, second]), [
    ["a.png", "brighter.png"],
    ["copy.png", "brighter.png"],
  ]);
  assert.deepEqual(broken, [{
    path: "torn.png",
    reason: "Cannot decode the image: it is not a JPEG, PNG, GIF, WebP or BMP file",
  }]);
  // 15 (narrow), 20, 30 and 30 (edge), 10 (inverted), 120; the torn photo's face has no size.
  const { edges, counts } = report.sizesPx;
  assert.deepEqual([edges[3], edges[4], edges[5]], [16, 32, 64]);
  assert.deepEqual([...counts], [0, 0, 2, 3, 0, 1, 0, 0, 0, 0]);
  assert.deepEqual(report.photoSizes.counts[1], 4);
  assert.deepEqual(report.problems, ["something"]);
  assert.deepEqual(report.anchorRecall, []);
});

Deno.test("audit() tries the anchors of models that have some, on the letterboxed photo", async () => {
  const store = new MemoryStore({ "a.png": photo(1) });
  // 180×160 in 90×90: half the size, 5 px of border above.
  const boxes = [20, 10, 60, 50, 100, 100, 104, 104, 20, 10, 60, 50];
  const dataset = { name: "set", problems: [], samples: [sampleOf("a.png", boxes, [0, 0, 1])] };
  const input = { size: { width: 90, height: 90 } };
  const asked: unknown[] = [];
  const { anchorRecall } = await audit(dataset, {
    store,
    models: [
      { name: "none", input },
      {
        name: "some",
        input,
        anchors: (frame) => (asked.push(frame), Float32Array.of(10, 10, 30, 30)),
      },
    ],
  });
  assert.deepEqual(asked, [input.size]);
  const [recall, ...more] = anchorRecall;
  assert.deepEqual([recall!.model, recall!.faces, recall!.reached, more], ["some", 2, 1, []]);
  assert.deepEqual(recall!.reachedBySize, [0, 0, 0, 0, 0, 0, 1, 0, 0]);
});
