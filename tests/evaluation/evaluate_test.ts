import assert from "node:assert/strict";
import type { Dataset, Sample } from "../../lib/datasets/sample.ts";
import type { Face } from "../../lib/detector/detector.ts";
import { evaluate, type PhotoDetector } from "../../lib/evaluation/evaluate.ts";
import { assertClose } from "../_support/close.ts";
import { MemoryStore } from "../_support/memory_store.ts";

/** A grey photo as a PNG file, made by the runtime's own encoder. */
async function png(width: number, height: number): Promise<Uint8Array> {
  const canvas = new OffscreenCanvas(width, height);
  const pixels = new Uint8ClampedArray(4 * width * height).fill(255);
  canvas.getContext("bitmaprenderer")!.transferFromImageBitmap(
    await createImageBitmap(new ImageData(pixels, width, height)),
  );
  return new Uint8Array(await (await canvas.convertToBlob({ type: "image/png" })).arrayBuffer());
}

function sample(path: string, boxes: number[], ignore: number[] = []): Sample {
  return {
    id: path,
    path,
    boxes: Float32Array.from(boxes),
    ignore: Uint8Array.from({ length: boxes.length / 4 }, (_, i) => ignore[i] ?? 0),
    attributes: {},
    orientation: "upright",
  };
}

/** Answers by the width of the photo. */
function detectorOf(faces: Record<number, Face[]>): PhotoDetector {
  return { detect: ({ width }) => Promise.resolve(faces[width] ?? []) };
}

const face = (x: number, y: number, width: number, height: number, score: number): Face => ({
  box: { x, y, width, height },
  score,
});

async function setUp(samples: Sample[]): Promise<{ dataset: Dataset; store: MemoryStore }> {
  const store = new MemoryStore();
  await store.write("wide.png", await png(200, 100));
  await store.write("tall.png", await png(50, 100));
  await store.write("text.jpg", new TextEncoder().encode("no picture"));
  return { dataset: { name: "test", samples, problems: [] }, store };
}

Deno.test("evaluate() measures all faces and the large ones", async () => {
  const { dataset, store } = await setUp([
    // The second face is 10 of 200 long: small. The third is ignored.
    sample("wide.png", [0, 0, 40, 40, 100, 0, 110, 10, 150, 50, 190, 90], [0, 0, 1]),
    sample("tall.png", [10, 10, 30, 50]),
  ]);
  const detector = detectorOf({
    200: [face(0, 0, 40, 40, 0.9), face(150, 50, 40, 40, 0.8), face(60, 60, 30, 30, 0.3)],
    50: [face(10, 10, 20, 20, 0.6)],
  });
  const result = await evaluate({ dataset, store, detector, scoreThreshold: 0.5 });

  assert.deepEqual([result.photos, result.problems], [2, []]);
  assert.equal(result.all.faces, 3);
  assert.equal(result.large.faces, 2);
  // Ranked: hit 0.9, hit 0.6 (its IoU is exactly one half), miss 0.3.
  assertClose(result.all.ap50, 2 / 3);
  assert.equal(result.large.ap50, 1);
  assertClose(result.all.recall, 2 / 3);
  assert.deepEqual([result.all.precision, result.large.recall], [1, 1]);
  // In units of the longer sides, 200 and 100.
  const intersections = 0.2 ** 2 + 0.2 * 0.2, unions = 0.2 ** 2 + 0.2 * 0.4;
  assertClose(result.iou, intersections / unions);
  assertClose(result.mse, (0 + 0.2 ** 2 / 4) / 2);
  assert.ok(result.detectMs >= 0);
});

Deno.test("evaluate() cuts true boxes to the photo, as detections are", async () => {
  const { dataset, store } = await setUp([sample("wide.png", [-60, 0, 40, 40])]);
  const detector = detectorOf({ 200: [face(0, 0, 40, 40, 0.9)] });
  const result = await evaluate({ dataset, store, detector, scoreThreshold: 0.5 });
  assert.equal(result.all.ap50, 1);
});

Deno.test("evaluate() reports photos that cannot be read and goes on", async () => {
  const { dataset, store } = await setUp([
    sample("text.jpg", [0, 0, 9, 9]),
    sample("absent.png", [0, 0, 9, 9]),
    sample("wide.png", [0, 0, 40, 40]),
  ]);
  const progress: number[][] = [];
  const result = await evaluate({
    dataset,
    store,
    detector: detectorOf({ 200: [face(0, 0, 40, 40, 0.9)] }),
    scoreThreshold: 0.5,
    onPhoto: (done, total) => progress.push([done, total]),
  });
  assert.deepEqual([result.photos, result.all.faces, result.all.ap50], [1, 1, 1]);
  assert.equal(result.problems.length, 2);
  assert.match(result.problems[0]!, /^text\.jpg: Cannot decode the image/);
  assert.match(result.problems[1]!, /^absent\.png: Cannot read/);
  assert.deepEqual(progress, [[1, 3], [2, 3], [3, 3]]);
});

Deno.test("evaluate() does not hide what the detector throws", async () => {
  const { dataset, store } = await setUp([sample("wide.png", [0, 0, 40, 40])]);
  const detector: PhotoDetector = { detect: () => Promise.reject(new Error("out of memory")) };
  await assert.rejects(
    evaluate({ dataset, store, detector, scoreThreshold: 0.5 }),
    /out of memory/,
  );
});
