import assert from "node:assert/strict";
import { worstAlarms, worstMisses } from "../../lib/evaluation/wider_mistakes.ts";
import { matchWider, type Predictions } from "../../lib/evaluation/wider_protocol.ts";
import { truthOf } from "./wider_truths.ts";

const TRUTHS = [
  truthOf("a.jpg", [
    { box: [0, 0, 50, 60] }, // found surely
    { box: [100, 0, 50, 70], attributes: { pose: 1, illumination: 1 } }, // found, not surely
    { box: [200, 0, 50, 90] },
    { box: [300, 0, 50, 80], attributes: { blur: 1, occlusion: 2 } },
    { box: [400, 0, 50, 99], counts: [] }, // does not count
  ]),
  truthOf("b.jpg", [{ box: [0, 0, 50, 75] }]),
];

const FOUND: Predictions[] = [
  {
    boxes: Float64Array.from(
      [[0, 0, 50, 60], [100, 0, 50, 70], [400, 0, 50, 99], [0, 200, 9, 9], [0, 300, 9, 9]].flat(),
    ),
    scores: Float64Array.of(0.9, 0.3, 0.9, 0.8, 0.2),
  },
  {
    boxes: Float64Array.from([[0, 200, 8, 8], [0, 300, 8, 8], [0, 400, 8, 8]].flat()),
    scores: Float64Array.of(0.7, 0.95, 0.75),
  },
];

const MATCHES = matchWider(
  TRUTHS.map(({ boxes }, i) => ({ boxes, predictions: FOUND[i]! })),
);

Deno.test("worstMisses() lists the highest faces, two a photo at most", () => {
  const misses = worstMisses(TRUTHS, MATCHES, { scoreThreshold: 0.5, limit: 9 });
  assert.deepEqual(misses.map(({ image, caption }) => [image, caption]), [
    [0, "90 px high, no box on it"],
    [0, "80 px high, normal blur, heavily occluded, no box on it"],
    [1, "75 px high, no box on it"],
  ]);
  assert.deepEqual(misses[0]!.box, [200, 0, 50, 90]);
  assert.equal(worstMisses(TRUTHS, MATCHES, { scoreThreshold: 0.5, limit: 1 }).length, 1);
});

Deno.test("worstMisses() says how far a face is from being found", () => {
  const [truth] = TRUTHS, [match] = MATCHES;
  const only = { ...truth!, counts: { ...truth!.counts, hard: Uint8Array.of(1, 1, 0, 0, 0) } };
  const captionsAt = (scoreThreshold: number) =>
    worstMisses([only], [match!], { scoreThreshold, limit: 9 }).map(({ caption }) => caption);
  const text = "70 px high, atypical pose, extreme illumination, its box scores 0.30";
  assert.deepEqual(captionsAt(0.5), [text]);
  assert.deepEqual(captionsAt(0.3), []);
});

Deno.test("worstAlarms() lists the surest boxes on no face, two a photo at most", () => {
  const alarms = worstAlarms(MATCHES, { scoreThreshold: 0.5, limit: 9 });
  assert.deepEqual(alarms.map(({ image, caption, box }) => [image, caption, box[1]]), [
    [1, "score 0.95", 300],
    [0, "score 0.80", 200],
    [1, "score 0.75", 400],
  ]);
});
