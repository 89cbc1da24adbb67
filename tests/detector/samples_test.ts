// The weights that ship, on the sample photos: the faces that a tiny detector is for are found.
import assert from "node:assert/strict";
import { denoStore } from "../../lib/cli/deno_store.ts";
import { loadDataset } from "../../lib/datasets/load.ts";
import { createDetector } from "../../lib/detector/detector.ts";
import { iou } from "../../lib/geometry/boxes.ts";

const SAMPLES = new URL("../../data/samples", import.meta.url).pathname;

Deno.test({
  name: "the tiny detector finds most faces of the sample photos, and little else",
  sanitizeResources: false, // the backend outlives the test that started it
  sanitizeOps: false,
  fn: async () => {
    const spec = { format: "labelme", images: SAMPLES, labels: SAMPLES } as const;
    const { samples } = await loadDataset(denoStore, spec);
    using detector = await createDetector({ model: "tiny", device: "wasm" });
    let faces = 0, hits = 0, misplaced = 0;
    for (const { path, boxes } of samples) {
      const found = await detector.detect(await Deno.readFile(path));
      const truths = Array.from({ length: boxes.length / 4 }, (_, i) => i);
      const overlaps = (i: number, { x, y, width, height }: typeof found[0]["box"]) =>
        iou(boxes, i, Float32Array.of(x, y, x + width, y + height), 0) >= 0.3;
      faces += truths.length;
      hits += truths.filter((i) => found.some(({ box }) => overlaps(i, box))).length;
      misplaced += found.filter(({ box }) => !truths.some((i) => overlaps(i, box))).length;
    }
    assert.equal(faces, 22);
    assert.ok(hits >= 14, `found ${hits} of ${faces} faces`);
    assert.ok(misplaced <= 4, `${misplaced} boxes are on no face`);
  },
});
