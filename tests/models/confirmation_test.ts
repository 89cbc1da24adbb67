import assert from "node:assert/strict";
import { confirmedScores } from "../../lib/models/edge/confirmation.ts";
import type { Truth } from "../../lib/models/detector_model.ts";
import { assertAllClose } from "../_support/close.ts";

/** A face of 40 × 50 pixels, and what may lie over it. */
const FACE = [100, 100, 140, 150], SHIFTED = [108, 100, 148, 150], BESIDE = [130, 100, 170, 150];

const truthOf = (boxes: readonly number[][], ignore = 0): Truth => ({
  boxes: Float32Array.from(boxes.flat()),
  ignore: new Uint8Array(boxes.length).fill(ignore),
});

function confirmed(answer: readonly (readonly [score: number, box: number[]])[], truth: Truth) {
  const scores = Float32Array.from(answer, ([score]) => score);
  const boxes = Float32Array.from(answer.flatMap(([, box]) => box));
  return confirmedScores({ boxes, scores }, truth);
}

Deno.test("confirmedScores() raises the surest box that fits, to the root of its IoU", () => {
  // 32 of 48 columns: an IoU of 2/3.
  const answer = [[0.1, FACE], [0.3, SHIFTED], [0.4, BESIDE]] as const;
  assertAllClose(confirmed(answer, truthOf([FACE])), [0.1, Math.sqrt(2 / 3), 0.4]);
  assertAllClose(confirmed([[0.9, SHIFTED]], truthOf([FACE])), [0.9]);
});

Deno.test("confirmedScores() leaves alone what no label speaks of, or one that does not count", () => {
  const answer = [[0.3, FACE], [0.4, BESIDE]] as const, scores = [0.3, 0.4];
  assertAllClose(confirmed(answer, truthOf([])), scores);
  assertAllClose(confirmed(answer, truthOf([[300, 300, 340, 350]])), scores);
  assertAllClose(confirmed(answer, truthOf([FACE], 1)), scores);
  const small = [10, 10, 20, 22];
  assertAllClose(confirmed([[0.3, small]], truthOf([small])), [0.3]);
  const given = Float32Array.of(0.3);
  confirmedScores({ boxes: Float32Array.from(FACE), scores: given }, truthOf([FACE]));
  assert.deepEqual([...given], [Math.fround(0.3)]);
});
