// What counts as the same after NMS: whatever tiny differences make of it, and nothing else.
import assert from "node:assert/strict";
import { iou } from "../../lib/geometry/boxes.ts";
import { boxesOf, type Face } from "../../lib/geometry/faces.ts";
import { nms } from "../../lib/geometry/nms.ts";
import { Random } from "../../lib/numbers/random.ts";
import { assertSameAfterNms } from "./same_after_nms.ts";

const THRESHOLDS = { scoreThreshold: 0.1, nmsThreshold: 0.45 };

/** A crowd of boxes, so dense and so alike in score that ties are frequent. */
function crowd(random: Random): Face[] {
  return Array.from({ length: 400 }, () => ({
    box: {
      x: random.uniform(0, 200),
      y: random.uniform(0, 200),
      width: random.uniform(20, 40),
      height: random.uniform(20, 40),
    },
    score: random.uniform(0.09, 0.3),
  }));
}

/** The faces as another computation would have them. */
function moved(faces: readonly Face[], random: Random, px: number, score: number): Face[] {
  const near = (value: number) => value + random.uniform(-px, px);
  return faces.map(({ box: { x, y, width, height }, score: sure }) => ({
    box: { x: near(x), y: near(y), width: near(width), height: near(height) },
    score: sure + random.uniform(-score, score),
  }));
}

/** The faces that are left after both thresholds, the surest first. */
function kept(faces: readonly Face[]): Face[] {
  const { scoreThreshold, nmsThreshold: iouThreshold } = THRESHOLDS;
  const scores = Float32Array.from(faces, ({ score }) => score);
  return nms(boxesOf(faces), scores, { iouThreshold, scoreThreshold }).map((i) => faces[i]!);
}

/** Whether the loss of a face may be put down to another one. */
function nearlySuppresses(other: Face, face: Face): boolean {
  return other !== face && iou(boxesOf([other]), 0, boxesOf([face]), 0) > 0.43;
}

/** Whether what is left of some boxes counts as what is left of the reference's. */
async function isSame(found: readonly Face[], candidates: Face[]): Promise<boolean> {
  return await assertSameAfterNms(
    found,
    kept(candidates),
    () => Promise.resolve(candidates),
    THRESHOLDS,
  ).then(() => true, () => false);
}

Deno.test("assertSameAfterNms() takes what tiny differences make of boxes before NMS", async () => {
  let others = 0;
  for (let seed = 0; seed < 100; seed++) {
    const random = new Random([seed]), candidates = crowd(random);
    const found = kept(moved(candidates, random, 0.003, 4e-4));
    if (found.length !== kept(candidates).length) others++;
    assert.ok(await isSame(found, candidates), `seed ${seed}`);
  }
  assert.ok(others > 10, `${others} of 100 have ties that change the number of faces`);
});

Deno.test("assertSameAfterNms() takes no face that moved, is missing, is too many or rated otherwise", async () => {
  for (let seed = 0; seed < 20; seed++) {
    const random = new Random([seed]), candidates = crowd(random), faces = kept(candidates);
    const i = faces.findIndex((face) => faces.every((other) => !nearlySuppresses(other, face)));
    const { box, score } = faces[i]!;
    const wrong: Record<string, Face[]> = {
      moved: faces.with(i, { box: { ...box, x: box.x + 0.6 }, score }),
      larger: faces.with(i, { box: { ...box, height: box.height + 0.6 }, score }),
      "rated otherwise": faces.with(i, { box, score: score - 1.1e-3 }),
      missing: faces.toSpliced(i, 1),
      "invented": [...faces, { box: { x: 500, y: 500, width: 20, height: 20 }, score: 0.1 }],
      "not suppressed": candidates.toSorted((a, b) => b.score - a.score)
        .filter((other) => other.score >= THRESHOLDS.scoreThreshold),
      "of NMS from below": kept(candidates.map((other) => ({ ...other, score: 1 - other.score })))
        .map((other) => ({ ...other, score: 1 - other.score })).reverse(),
      unsorted: faces.toReversed(),
    };
    for (const [name, found] of Object.entries(wrong)) {
      assert.ok(!await isSame(found, candidates), `${name}, seed ${seed}`);
    }
    assert.ok(await isSame(faces, candidates));
  }
});
