import assert from "node:assert/strict";
import fc from "fast-check";
import {
  averagePrecision,
  type ImageResult,
  pointAt,
  scoreForPrecision,
} from "../../lib/evaluation/average_precision.ts";
import { assertAllClose, assertClose } from "../_support/close.ts";

/** An image of 100 × 100 from `[x1, y1, x2, y2]` and `[x1, y1, x2, y2, score]`. */
function image(faces: number[][], found: number[][], ignore: number[] = []): ImageResult {
  return {
    truth: {
      boxes: Float32Array.from(faces.flat()),
      ignore: Uint8Array.from(faces, (_, i) => ignore[i] ?? 0),
    },
    detections: {
      boxes: Float32Array.from(found.flatMap((box) => box.slice(0, 4))),
      scores: Float32Array.from(found.map((box) => box[4]!)),
    },
    imageSide: 100,
  };
}

/** `[x, y, width, height]` → corners, the last row and column of pixels included as in VOC's code. */
const corners = ([x, y, w, h]: number[]) => [x!, y!, x! + w! + 1, y! + h! + 1];

// Reference: R. Padilla et al., "A survey on performance metrics for object-detection algorithms"
// (2020), the worked example: 7 images, 15 faces, 24 detections, IoU 0.3 (figures of the sample_2
// folder of rafaelpadilla/Object-Detection-Metrics, MIT). They report AP 24.56 % (cut off, not rounded).
const survey: { faces: number[][]; found: number[][] }[] = [
  {
    faces: [[25, 16, 38, 56], [129, 123, 41, 62]],
    found: [[.88, 5, 67, 31, 48], [.70, 119, 111, 40, 67], [.80, 124, 9, 49, 67]],
  },
  {
    faces: [[123, 11, 43, 55], [38, 132, 59, 45]],
    found: [[.71, 64, 111, 64, 58], [.54, 26, 140, 60, 47], [.74, 19, 18, 43, 35]],
  },
  {
    faces: [[16, 14, 35, 48], [123, 30, 49, 44], [99, 139, 47, 47]],
    found: [
      [.18, 109, 15, 77, 39],
      [.67, 86, 63, 46, 45],
      [.38, 160, 62, 36, 53],
      [.91, 105, 131, 47, 47],
      [.44, 18, 148, 40, 44],
    ],
  },
  {
    faces: [[53, 42, 40, 52], [154, 43, 31, 34]],
    found: [
      [.35, 83, 28, 28, 26],
      [.78, 28, 68, 42, 67],
      [.45, 87, 89, 25, 39],
      [.14, 10, 155, 60, 26],
    ],
  },
  {
    faces: [[59, 31, 44, 51], [48, 128, 34, 52]],
    found: [
      [.62, 50, 38, 28, 46],
      [.44, 95, 11, 53, 28],
      [.95, 29, 131, 72, 29],
      [.23, 29, 163, 72, 29],
    ],
  },
  {
    faces: [[36, 89, 52, 76], [62, 58, 44, 67]],
    found: [[.45, 43, 48, 74, 38], [.84, 17, 155, 29, 35], [.43, 95, 110, 25, 42]],
  },
  {
    faces: [[28, 31, 55, 63], [58, 67, 50, 58]],
    found: [[.48, 16, 20, 101, 88], [.95, 33, 116, 37, 49]],
  },
];

Deno.test("averagePrecision() gives the published value of the survey's example", () => {
  const images = survey.map(({ faces, found }) =>
    image(faces.map(corners), found.map(([score, ...box]) => [...corners(box), score!]))
  );
  const { ap, faces, curve } = averagePrecision(images, { iouThreshold: 0.3 });
  assert.equal(faces, 15);
  assert.equal(curve.length, 24);
  assertClose(ap, 0.2456, { atol: 1e-4 });
});

Deno.test("averagePrecision() gives the area computed by hand", () => {
  // hit 0.9, miss 0.8, hit 0.7 of 4 faces: 1/4 · 1 + 1/4 · 2/3.
  const { ap, curve } = averagePrecision([image(
    [[0, 0, 10, 10], [20, 0, 30, 10], [40, 0, 50, 10], [60, 0, 70, 10]],
    [[0, 0, 10, 10, 0.9], [80, 80, 90, 90, 0.8], [20, 0, 30, 10, 0.7]],
  )]);
  assertClose(ap, 1 / 4 + 1 / 6);
  assertAllClose(curve.map((point) => point.precision), [1, 1 / 2, 2 / 3]);
  assertAllClose(curve.map((point) => point.recall), [1 / 4, 1 / 4, 1 / 2]);
});

Deno.test("averagePrecision() counts a face once and a second box on it as wrong", () => {
  const { curve } = averagePrecision([
    image([[0, 0, 10, 10]], [[0, 0, 10, 10, 0.9], [0, 0, 10, 9, 0.8]]),
  ]);
  assert.deepEqual(curve.map((point) => point.precision), [1, 0.5]);
});

Deno.test("averagePrecision() neither counts nor punishes what lies on an ignored face", () => {
  const { ap, faces, curve } = averagePrecision([image(
    [[0, 0, 10, 10], [50, 50, 60, 60]],
    [[50, 50, 60, 60, 0.9], [50, 50, 60, 59, 0.8], [0, 0, 10, 10, 0.5]],
    [0, 1],
  )]);
  assert.deepEqual([ap, faces, curve.length], [1, 1, 1]);
});

Deno.test("averagePrecision() leaves small faces and small detections out", () => {
  // Longer sides 12 and 8 of 100; the detections are 8 (on the small face), 8 and 12 (on none) long.
  const { ap, faces } = averagePrecision([image(
    [[0, 0, 5, 12], [30, 0, 38, 8]],
    [[0, 0, 5, 12, 0.5], [30, 0, 38, 8, 0.9], [60, 0, 68, 8, 0.8], [80, 0, 92, 8, 0.4]],
  )], { minFaceSide: 0.1 });
  assert.deepEqual([ap, faces], [1, 1]);
});

Deno.test("averagePrecision() is NaN when no face counts, 0 when none is found", () => {
  assert.ok(Number.isNaN(averagePrecision([image([], [[0, 0, 9, 9, 0.5]])]).ap));
  assert.equal(averagePrecision([image([[0, 0, 9, 9]], [])]).ap, 0);
});

Deno.test("averagePrecision() depends on the order of the scores only, not on their size", () => {
  const found = fc.uniqueArray(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 12 });
  const at = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 12, maxLength: 12 });
  const faces = Array.from({ length: 5 }, (_, j) => [10 * j, 0, 10 * j + 9, 9]);
  fc.assert(fc.property(found, at, (scores, columns) => {
    const boxes = scores.map((_, i) => [10 * columns[i]!, 0, 10 * columns[i]! + 9, 9]);
    const score = (f: (s: number) => number) =>
      averagePrecision([image(faces, boxes.map((box, i) => [...box, f(scores[i]!)]))]).ap;
    const ap = score((s) => s / 1000);
    assert.ok(ap >= 0 && ap <= 1);
    assertClose(score((s) => Math.sqrt(s) - 7), ap);
  }));
});

Deno.test("pointAt() keeps what is scored at least the threshold", () => {
  const curve = [
    { score: 0.9, precision: 1, recall: 0.1 },
    { score: 0.5, precision: 0.8, recall: 0.4 },
  ];
  assert.equal(pointAt(curve, 0.5), curve[1]);
  assert.equal(pointAt(curve, 0.51), curve[0]);
  assert.deepEqual(pointAt(curve, 0.95), { score: 0.95, precision: NaN, recall: 0 });
});

Deno.test("scoreForPrecision() goes as low as the precision allows", () => {
  const curve = [
    { score: 0.9, precision: 0.5, recall: 0.1 },
    { score: 0.8, precision: 0.96, recall: 0.2 },
    { score: 0.5, precision: 0.95, recall: 0.4 },
    { score: 0.4, precision: 0.8, recall: 0.5 },
  ];
  assert.equal(scoreForPrecision(curve, 0.95), 0.5);
  assert.equal(scoreForPrecision(curve, 0.96), 0.8);
  assert.ok(Number.isNaN(scoreForPrecision(curve, 0.99)));
});
