import assert from "node:assert/strict";
import type { Sample } from "../../lib/datasets/sample.ts";
import type { Face } from "../../lib/detector/detector.ts";
import { evaluate } from "../../lib/evaluation/evaluate.ts";
import type { FoundFaces } from "../../lib/evaluation/find_faces.ts";
import type { Size } from "../../lib/image/image.ts";
import { assertClose } from "../_support/close.ts";

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

const face = (x: number, y: number, width: number, height: number, score: number): Face => ({
  box: { x, y, width, height },
  score,
});

const WIDE = { width: 200, height: 100 }, TALL = { width: 50, height: 100 };

/** What was found, by photo. */
function found(
  ...photos: [id: string, size: Size, faces: Face[], detectMs?: number][]
): FoundFaces {
  const entries = photos.map(([id, size, faces, detectMs = 1]) =>
    [id, { ...size, faces, detectMs }] as const
  );
  return { photos: new Map(entries), problems: [] };
}

Deno.test("evaluate() measures all faces and the large ones", () => {
  const samples = [
    // The second face is 10 of 200 long: small. The third is ignored.
    sample("wide.png", [0, 0, 40, 40, 100, 0, 110, 10, 150, 50, 190, 90], [0, 0, 1]),
    sample("tall.png", [10, 10, 30, 50]),
  ];
  const wide = [face(0, 0, 40, 40, 0.9), face(150, 50, 40, 40, 0.8), face(60, 60, 30, 30, 0.3)];
  const tall = [face(10, 10, 20, 20, 0.6)];
  const answers = found(["tall.png", TALL, tall, 5], ["wide.png", WIDE, wide, 2]);
  const result = evaluate(samples, answers, 0.5);

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
  assert.equal(result.detectMs, 3.5);
});

Deno.test("evaluate() cuts true boxes to the photo, as detections are", () => {
  const answers = found(["wide.png", WIDE, [face(0, 0, 40, 40, 0.9)]]);
  assert.equal(evaluate([sample("wide.png", [-60, 0, 40, 40])], answers, 0.5).all.ap50, 1);
});

Deno.test("evaluate() leaves out photos without an answer and passes problems on", () => {
  const samples = [sample("gone.png", [0, 0, 9, 9]), sample("wide.png", [0, 0, 40, 40])];
  const { photos } = found(["wide.png", WIDE, [face(0, 0, 40, 40, 0.9)]]);
  const result = evaluate(samples, { photos, problems: ["gone.png: a reason"] }, 0.5);
  assert.deepEqual([result.photos, result.all.faces, result.all.ap50], [1, 1, 1]);
  assert.deepEqual(result.problems, ["gone.png: a reason"]);
});
