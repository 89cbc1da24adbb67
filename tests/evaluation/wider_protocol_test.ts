// The numbers of the last tests were computed with the unmodified reference Python
// (wondervictor/WiderFace-Evaluation) on the official ground truth.
import assert from "node:assert/strict";
import { denoStore } from "../../lib/cli/deno_store.ts";
import {
  readWiderGroundTruth,
  WIDER_SUBSETS,
  type WiderTruth,
} from "../../lib/evaluation/wider_ground_truth.ts";
import {
  matchWider,
  measureWider,
  precisionRecall,
  type Predictions,
  sortPredictions,
} from "../../lib/evaluation/wider_protocol.ts";
import { assertClose } from "../_support/close.ts";
import { realData, testOnRealData } from "../_support/real_data.ts";

function predictions(...rows: [number, number, number, number, number][]): Predictions {
  return {
    boxes: Float64Array.from(rows.flatMap((row) => row.slice(0, 4))),
    scores: Float64Array.from(rows, (row) => row[4]!),
  };
}

function measure(faces: number[][], found: Predictions, counts: number[]) {
  const matches = matchWider([{ boxes: Float64Array.from(faces.flat()), predictions: found }]);
  return measureWider(matches, [Uint8Array.from(counts)]);
}

Deno.test("sortPredictions() sorts by falling score and keeps the order of equal ones", () => {
  const sorted = sortPredictions(
    predictions([1, 0, 9, 9, 0.2], [2, 0, 9, 9, 0.8], [3, 0, 9, 9, 0.2], [4, 0, 9, 9, 0.9]),
  );
  assert.deepEqual([...sorted.scores], [0.9, 0.8, 0.2, 0.2]);
  assert.deepEqual([0, 1, 2, 3].map((i) => sorted.boxes[4 * i]), [4, 2, 1, 3]);
});

Deno.test("matchWider() counts an edge as part of the box, unlike ordinary IoU", () => {
  // 9 of 10 × 20 pixels: 10·10/(20·10) with the edges, 9·9/(19·9) = 0.47 without.
  const face = Float64Array.of(0, 0, 19, 9);
  const [match] = matchWider([{ boxes: face, predictions: predictions([0, 0, 9, 9, 0.5]) }]);
  assert.deepEqual([...match!.matches], [0]);
  const [miss] = matchWider([{ boxes: face, predictions: predictions([0, 0, 8, 9, 0.5]) }]);
  assert.deepEqual([...miss!.matches], [-1]);
});

Deno.test("matchWider() normalises scores over the whole set, from 0 and 1 on", () => {
  const scoresOf = (...sets: number[][]) =>
    matchWider(sets.map((scores) => ({
      boxes: new Float64Array(),
      predictions: predictions(...scores.map((s) => [0, 0, 1, 1, s] as [0, 0, 1, 1, number])),
    }))).map(({ scores }) => [...scores]);
  assert.deepEqual(scoresOf([0.25, 0.75], [0.5]), [[1, 0], [0.5]]);
  // The minimum starts at 1, so scores above it come out as more than 0.
  assert.deepEqual(scoresOf([3, 5]), [[1, 0.5]]);
  assert.deepEqual(scoresOf([0.5, 0.5]), [[1, 1]]);
});

Deno.test("measureWider() takes a second hit on one face for a false alarm", () => {
  const faces = [[0, 0, 20, 20], [100, 0, 20, 20]];
  const found = predictions([0, 0, 20, 20, 1], [1, 0, 20, 20, 0.5], [100, 0, 20, 20, 0]);
  const curve = measure(faces, found, [1, 1]);
  assert.equal(curve.faces, 2);
  assert.deepEqual([curve.proposals[0], curve.found[0]], [1, 1]);
  assert.deepEqual([curve.proposals[499], curve.found[499]], [2, 1]);
  assert.deepEqual([curve.proposals[999], curve.found[999]], [3, 2]);
  // Half the faces at precision 1, the other half at 2/3.
  assertClose(curve.ap, 1 / 2 + 1 / 2 * 2 / 3);
});

Deno.test("measureWider() ignores predictions on faces that do not count", () => {
  const faces = [[0, 0, 20, 20], [100, 0, 20, 20]];
  const found = predictions([100, 0, 20, 20, 1], [101, 0, 20, 20, 0.9], [0, 0, 20, 20, 0]);
  const curve = measure(faces, found, [1, 0]);
  assert.deepEqual([curve.faces, curve.proposals[999], curve.found[999], curve.ap], [1, 1, 1, 1]);
  assert.equal(measure(faces, found, [0, 0]).proposals[999], 0);
  assert.ok(Number.isNaN(measure(faces, found, [0, 0]).ap));
});

Deno.test("measureWider() counts false alarms in photos none of whose faces counts", () => {
  const photo = (found: Predictions) => ({
    boxes: Float64Array.of(0, 0, 20, 20),
    predictions: found,
  });
  const matches = matchWider([
    photo(predictions([0, 0, 20, 20, 0])),
    photo(predictions([50, 50, 20, 20, 1])),
    photo(predictions()),
  ]);
  const flags = (...values: number[]) => values.map((value) => Uint8Array.of(value));
  const curve = measureWider(matches, flags(1, 0, 1));
  assert.deepEqual([curve.faces, curve.proposals[999], curve.found[999]], [2, 2, 1]);
  assert.equal(curve.ap, 1 / 4); // recall 1/2 at precision 1/2
  const { precision, recall } = precisionRecall(curve);
  assert.deepEqual([precision[0], precision[999], recall[999]], [0, 0.5, 0.5]);
});

const GROUND_TRUTH = realData("wider/ground_truth");

testOnRealData("readWiderGroundTruth() reads the official files", async () => {
  const truths = await readWiderGroundTruth(denoStore, GROUND_TRUTH);
  const faces = (name: "easy" | "medium" | "hard") =>
    truths.reduce((sum, { counts }) => sum + counts[name].reduce((a, b) => a + b, 0), 0);
  const photos = (name: "easy" | "medium" | "hard") =>
    truths.filter(({ counts }) => counts[name].includes(1)).length;
  const smallest = (name: "easy" | "medium" | "hard") =>
    Math.min(
      ...truths.map(({ counts, boxes }) =>
        Math.min(...boxes.filter((_, k) => k % 4 === 3 && counts[name][(k - 3) / 4] === 1))
      ),
    );
  assert.equal(truths.length, 3226);
  assert.equal(new Set(truths.map(({ id }) => id.split("/")[0])).size, 61);
  assert.equal(truths.reduce((sum, { boxes }) => sum + boxes.length / 4, 0), 39708);
  assert.deepEqual(WIDER_SUBSETS.map(faces), [7211, 13319, 31958]);
  assert.deepEqual(WIDER_SUBSETS.map(photos), [2604, 3019, 3219]);
  assert.deepEqual(WIDER_SUBSETS.map(smallest), [34, 16, 9]);
  assert.equal(truths[0]!.id, "0--Parade/0_Parade_marchingband_1_465.jpg");
  assert.deepEqual([...truths[0]!.boxes.subarray(0, 4)], [345, 211, 4, 4]);
  assert.equal(truths[0]!.boxes.length / 4, 126);
});

testOnRealData("readWiderGroundTruth() agrees with the official annotation text", async () => {
  const truths = await readWiderGroundTruth(denoStore, GROUND_TRUTH);
  const text = await Deno.readTextFile(
    realData("wider/wider_face_split/wider_face_val_bbx_gt.txt"),
  );
  const rows = new Map<string, string[]>();
  let id = "";
  for (const row of text.split("\n").map((line) => line.trim())) {
    if (row.endsWith(".jpg")) rows.set(id = row, []);
    else if (row.includes(" ")) rows.get(id)!.push(row);
  }
  for (const { id, boxes, attributes } of truths) {
    const { blur, expression, illumination, invalid, occlusion, pose } = attributes;
    const ours = Array.from(blur, (_, i) =>
      [
        ...boxes.subarray(4 * i, 4 * i + 4),
        blur[i],
        expression[i],
        illumination[i],
        invalid[i],
        occlusion[i],
        pose[i],
      ].join(" "));
    assert.deepEqual(ours, rows.get(id), id);
  }
});

/** Linear congruential generator; u = s / 2³². */
function lcg(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 4294967296;
}

type Row = [number, number, number, number, number];

function* boxesOf({ boxes }: WiderTruth): Generator<number[]> {
  for (let o = 0; o < boxes.length; o += 4) yield [...boxes.subarray(o, o + 4)];
}

/** Moved and missed boxes, duplicates and false alarms. */
function jitter(truths: readonly WiderTruth[]): Predictions[] {
  const random = lcg(12345);
  const draws = (n: number) => Array.from({ length: n }, random);
  return truths.map((truth) => {
    const rows: Row[] = [];
    for (const [x, y, w, h] of boxesOf(truth) as Generator<[number, number, number, number]>) {
      const [u0, u1, u2, u3, u4, u5] = draws(6) as [number, number, number, number, number, number];
      if (u0 < 0.15) continue;
      const nx = x + (u1 - 0.5) * 0.5 * w, ny = y + (u2 - 0.5) * 0.5 * h;
      rows.push([nx, ny, w * (0.8 + 0.4 * u3), h * (0.8 + 0.4 * u4), 0.3 + 0.7 * u5]);
      if (u0 > 0.9) rows.push([nx + 1, ny + 1, w, h, 0.2 * u5]);
    }
    const falseBoxes = Math.floor(random() * 4);
    for (let k = 0; k < falseBoxes; k++) {
      const [u0, u1, u2, u3, u4] = draws(5) as Row;
      rows.push([900 * u0, 600 * u1, 10 + 90 * u2, 10 + 90 * u3, 0.6 * u4]);
    }
    return predictions(...rows);
  });
}

/** Every box exactly, with a random score. */
function perfect(truths: readonly WiderTruth[]): Predictions[] {
  const random = lcg(777);
  return truths.map((truth) =>
    predictions(...Array.from(boxesOf(truth), (box) => [...box, random()] as Row))
  );
}

const VECTORS = [
  {
    name: "jitter",
    make: jitter,
    ap: [0.30253522140098643, 0.4086672642226349, 0.5578449453675767],
    // [proposals, found] at the threshold.
    sums: {
      499: [[8174, 3435], [11129, 6389], [20655, 15914]],
      999: [[16504, 4893], [21187, 9112], [36097, 22685]],
    },
  },
  {
    name: "perfect",
    make: perfect,
    ap: [0.9998876854574414, 0.9999384417077186, 0.9998858783616668],
    sums: { 999: [[7212, 7211], [13320, 13319], [31958, 31956]] },
  },
];

for (const { name, make, ap, sums } of VECTORS) {
  testOnRealData(`measureWider() equals the reference on "${name}" boxes`, async () => {
    const truths = await readWiderGroundTruth(denoStore, GROUND_TRUTH);
    const found = make(truths);
    const matches = matchWider(truths.map(({ boxes }, i) => ({ boxes, predictions: found[i]! })));
    const curves = WIDER_SUBSETS.map((subset) =>
      measureWider(matches, truths.map(({ counts }) => counts[subset]))
    );
    for (const [k, curve] of curves.entries()) {
      assertClose(curve.ap, ap[k]!, { atol: 1e-12, rtol: 0 });
    }
    for (const [t, expected] of Object.entries(sums)) {
      const ours = curves.map((curve) => [curve.proposals[Number(t)], curve.found[Number(t)]]);
      assert.deepEqual(ours, expected, `threshold ${t}`);
    }
  });
}

testOnRealData("the generator of the reference boxes is the reference's", async () => {
  const found = jitter(await readWiderGroundTruth(denoStore, GROUND_TRUTH));
  const scores = found.flatMap((image) => [...image.scores]);
  assert.equal(scores.length, 42438);
  assert.equal(found.filter((image) => image.scores.length === 0).length, 53);
  assert.equal(found[0]!.scores.length, 127);
  // Too many for Math.min(...scores).
  assert.equal(scores.reduce((a, b) => Math.min(a, b)), 8.567189797759056e-5);
  assert.equal(scores.reduce((a, b) => Math.max(a, b)), 0.9999966166680678);
  assert.deepEqual(
    [...found[0]!.boxes.subarray(0, 4), found[0]!.scores[0]],
    [
      331.0725232664263,
      126.14415017561987,
      3.3401404992677275,
      2.4478251809254292,
      0.8206608556909487,
    ],
  );
});
