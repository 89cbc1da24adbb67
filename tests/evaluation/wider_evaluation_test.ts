import assert from "node:assert/strict";
import { denoStore } from "../../lib/cli/deno_store.ts";
import { evaluateWider, WIDER_SLICES } from "../../lib/evaluation/wider_evaluation.ts";
import { readWiderGroundTruth, type WiderTruth } from "../../lib/evaluation/wider_ground_truth.ts";
import type { Predictions } from "../../lib/evaluation/wider_protocol.ts";
import { assertClose } from "../_support/close.ts";
import { realData, testOnRealData } from "../_support/real_data.ts";
import { truthOf } from "./wider_truths.ts";

function found(...rows: [number, number, number, number, number][]): Predictions {
  return {
    boxes: Float64Array.from(rows.flatMap((row) => row.slice(0, 4))),
    scores: Float64Array.from(rows, (row) => row[4]!),
  };
}

Deno.test("evaluateWider() ignores faces outside a slice, and lets false alarms count", () => {
  const truth = truthOf("a.jpg", [
    { box: [0, 0, 20, 20] },
    { box: [100, 0, 40, 40], attributes: { blur: 2, occlusion: 1 } },
    { box: [200, 0, 300, 300], counts: ["easy"] }, // not among the hard: nowhere in the slices
  ]);
  const predictions = found(
    [400, 400, 30, 30, 1], // on no face
    [0, 0, 20, 20, 0.8],
    [100, 0, 40, 40, 0.4],
    [200, 0, 300, 300, 0.2],
  );
  const { subsets, slices } = evaluateWider([{ truth, predictions }]);
  assertClose(subsets.easy.ap, 3 / 4);
  assertClose(subsets.hard.ap, 2 / 3);
  const inSlice = (group: string, name: string) => {
    const { faces, ap } = slices.find((slice) => slice.group === group && slice.name === name)!;
    return [faces, ap];
  };
  assert.deepEqual(inSlice("height", "16 to 31 px"), [1, 1 / 2]);
  assert.deepEqual(inSlice("height", "32 to 63 px"), [1, 1 / 2]);
  assert.deepEqual(inSlice("height", "256 px and more"), [0, NaN]);
  assert.deepEqual(inSlice("blur", "clear"), [1, 1 / 2]);
  assert.deepEqual(inSlice("blur", "heavy"), [1, 1 / 2]);
  assert.deepEqual(inSlice("occlusion", "partial"), [1, 1 / 2]);
  assertClose(inSlice("pose", "typical")[1]!, 2 / 3);
});

testOnRealData("WIDER_SLICES split the faces that count, without rest", async () => {
  const folder = realData("wider/ground_truth");
  const truths = await readWiderGroundTruth(denoStore, folder);
  const count = (has: (truth: WiderTruth, i: number) => boolean) =>
    truths.reduce(
      (sum, truth) =>
        sum + truth.counts.hard.filter((flag, i) => flag === 1 && has(truth, i)).length,
      0,
    );
  const totals = new Map<string, number>();
  for (const { group, has } of WIDER_SLICES) {
    totals.set(group, (totals.get(group) ?? 0) + count(has));
  }
  assert.deepEqual([...totals.keys()], ["height", "blur", "occlusion", "illumination", "pose"]);
  assert.deepEqual(new Set(totals.values()), new Set([31958]));
});
