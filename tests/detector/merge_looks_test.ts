// Tiles and mirrored looks on real faces: each is found once, wherever it lies.
import assert from "node:assert/strict";
import { decodeImage } from "../../lib/codec/decode.ts";
import { denoStore } from "../../lib/cli/deno_store.ts";
import { loadDataset } from "../../lib/datasets/load.ts";
import { createDetector } from "../../lib/detector/detector.ts";
import { foundIn, mergeLooks } from "../../lib/detector/merge_looks.ts";
import { iou } from "../../lib/geometry/boxes.ts";
import { boxesOf } from "../../lib/geometry/faces.ts";
import { wholeView } from "../../lib/geometry/view.ts";
import type { Image } from "../../lib/image/image.ts";
import { resample } from "../../lib/image/resample.ts";

const SAMPLES = new URL("../../data/samples", import.meta.url).pathname;
const CELL = { width: 900, height: 700 };

/** The six samples beside and below each other, and their faces. */
async function collage(): Promise<{ image: Image; faces: Float32Array }> {
  const { samples } = await loadDataset(denoStore, {
    format: "labelme",
    images: SAMPLES,
    labels: SAMPLES,
  });
  const width = 2 * CELL.width, data = new Uint8Array(3 * width * 3 * CELL.height);
  const faces: number[] = [];
  for (const [i, { path, boxes }] of samples.entries()) {
    const photo = await decodeImage(await Deno.readFile(path));
    const part = resample(photo, wholeView(photo, CELL), [0, 0, 0]);
    const left = i % 2 * CELL.width, top = Math.floor(i / 2) * CELL.height;
    for (let y = 0; y < CELL.height; y++) {
      const row = part.data.subarray(3 * y * CELL.width, 3 * (y + 1) * CELL.width);
      data.set(row, 3 * ((top + y) * width + left));
    }
    boxes.forEach((edge, k) =>
      faces.push(
        k % 2 === 0
          ? left + edge * CELL.width / photo.width
          : top + edge * CELL.height / photo.height,
      )
    );
  }
  return { image: { width, height: 3 * CELL.height, data }, faces: Float32Array.from(faces) };
}

Deno.test("in tiles, at several sizes and mirrored, each face is found once", async () => {
  const { image, faces } = await collage();
  using detector = await createDetector({ scoreThreshold: 0.4 });
  for (
    const looks of [{ tile: 500 }, { tile: "auto", flip: true }, { scales: [0.5, 1] }] as const
  ) {
    const found = boxesOf(await detector.detect(image, looks));
    for (let i = 0; i < faces.length / 4; i++) {
      const hits = Array.from({ length: found.length / 4 }, (_, k) => iou(faces, i, found, k))
        .filter((overlap) => overlap >= 0.4);
      assert.equal(hits.length, 1, `face ${i} with ${JSON.stringify(looks)}`);
    }
  }
});

Deno.test("mergeLooks() takes a face on the border of a tile for one", () => {
  const photo = { width: 1000, height: 500 };
  const tile = (x: number) => ({
    ...{ x, y: 0, width: 500, height: 500 },
    ...{ outWidth: 500, outHeight: 500 },
  });
  const one = (box: number[], score: number) => ({
    boxes: Float32Array.from(box),
    scores: Float32Array.of(score),
  });
  // A face from 440 to 560: cut at 500 by the first tile, whole in the second.
  const found = [
    foundIn(one([440, 100, 500, 250], 0.9), tile(0), photo, 0.5),
    foundIn(one([190, 100, 310, 250], 0.8), tile(250), photo, 0.5),
  ];
  const { boxes, scores } = mergeLooks(found, { iouThreshold: 0.45 });
  assert.deepEqual([...boxes], [440, 100, 560, 250]);
  assert.ok(Math.abs(scores[0]! - 0.8) < 1e-6);
  const alone = mergeLooks(found.slice(0, 1).concat(foundIn(one([], 0), tile(500), photo, 2)), {
    iouThreshold: 0.45,
  });
  assert.equal(alone.scores.length, 1, "what only a cut box tells of is kept");
});
