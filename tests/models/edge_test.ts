import assert from "node:assert/strict";
import { parameterCount, summarize } from "../../lib/graph/analysis.ts";
import type { Graph } from "../../lib/graph/graph.ts";
import { inferenceModel } from "../../lib/models/registry.ts";
import type { TeacherAnswer } from "../../lib/models/trainable_model.ts";
import { trainableModel } from "../../lib/models/trainable.ts";
import type { NdArray } from "../../lib/numbers/nd_array.ts";
import { Random } from "../../lib/numbers/random.ts";
import { eachBackend } from "../_support/backends.ts";
import { assertAllClose, assertClose } from "../_support/close.ts";
import { EDGE_OF_LABELS } from "../_support/edge_settings.ts";
import { lossTerms } from "./loss_terms.ts";
import { perfectOutputs } from "./perfect_outputs.ts";

const FRAME = { width: 128, height: 128 };
const GRIDS = [16, 8, 4].map((n) => [n, n] as const);
const FACES = Float32Array.of(20, 30, 44, 62, 80, 70, 120, 122, 8, 100, 15, 109);
const LABELLED = { ...EDGE_OF_LABELS, inputSize: 128 };
const TRUTH = { boxes: FACES, ignore: new Uint8Array(3) };

Deno.test("edge stays within half a million parameters and 0.6 GMACs at 640x640", () => {
  for (const settings of [{}, EDGE_OF_LABELS]) assertSmall(inferenceModel("edge", settings).graph);
});

function assertSmall(graph: Graph): void {
  assert.ok(parameterCount(graph) <= 500_000, `${parameterCount(graph)}`);
  const { nodes } = summarize(graph, { width: 640, height: 640 });
  // Batch norms are folded before it is used.
  const work = nodes.filter(({ node }) => node.op !== "batchNorm")
    .reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0);
  assert.ok(work <= 600e6, `${work}`);
}

Deno.test("edge may have two anchors a place, twelve pixels to 384", () => {
  const anchors = inferenceModel("edge", EDGE_OF_LABELS).anchors!(FRAME);
  assert.equal(anchors.length / 4, 2 * (16 ** 2 + 8 ** 2 + 4 ** 2));
  const size = (i: number) => {
    const [x1, y1, x2, y2] = anchors.subarray(4 * i, 4 * i + 4);
    return Math.sqrt((x2! - x1!) * (y2! - y1!));
  };
  const firsts = [0, 2 * 16 ** 2, 2 * (16 ** 2 + 8 ** 2)];
  assertAllClose(firsts.flatMap((i) => [size(i), size(i + 1)]), [12, 24, 48, 96, 192, 384]);
});

Deno.test("edgeConfig() names the setting that cannot be", () => {
  assert.throws(() => inferenceModel("edge", { channels: 60 }), /channels is "60", not a multiple/);
  assert.throws(() => inferenceModel("edge", { inputSize: 600 }), /not a multiple of 32/);
  assert.throws(() => inferenceModel("edge", { alpha: 0.4 }), /alpha is "0.4", choose from 0.35/);
  assert.throws(
    () => inferenceModel("edge", { backbone: "vgg" }),
    /backbone is "vgg", choose from/,
  );
  assert.throws(() => inferenceModel("edge", { neck: "fpn" }), /neck is "fpn", choose from/);
  for (const settings of [{ backbone: "mobilenet_v2" }, { channels: 32 }]) {
    assert.throws(() => inferenceModel("edge", settings), /neck is "yunet", which takes backbone/);
  }
  assert.throws(() => inferenceModel("edge", { hints: ["all"] }), /hints has "all", choose from/);
  assert.throws(() => inferenceModel("edge", { depth: 3 }), /"depth" is not one of its settings/);
});

Deno.test("no face counts more than four anchors of edge", () => {
  const { labels, boxes } = trainableModel("edge", LABELLED).encodeTargets(TRUTH, FRAME);
  const counted = [0, 0, 0];
  labels!.data.forEach((label, anchor) => {
    if (label > 0) counted[[20, 80, 8].indexOf(boxes!.data[4 * anchor]!)]! += label;
  });
  assertAllClose(counted.slice(0, 2), [4, 4], { atol: 1e-5 });
  assert.ok(counted[2]! >= 1 && counted[2]! <= 4);
});

Deno.test("edge decodes what it encodes", () => {
  const model = trainableModel("edge", LABELLED);
  const targets = model.encodeTargets(TRUTH, FRAME);
  const outputs = perfectOutputs(targets, model.anchors!(FRAME), GRIDS, 2);
  const { boxes, scores } = model.decode(outputs, FRAME);
  assert.ok(scores.length >= 3 && scores.every((score) => score > 0.99));
  const found = new Set<number>();
  for (let i = 0; i < scores.length; i++) {
    const box = [...boxes.subarray(4 * i, 4 * i + 4)];
    const face = box[0]! < 18 ? 2 : box[0]! < 60 ? 0 : 1;
    found.add(face);
    assertAllClose(box, [...FACES.subarray(4 * face, 4 * face + 4)], { atol: 1e-2 });
  }
  assert.equal(found.size, 3);
});

eachBackend("edge's loss asks for the IoU that its boxes reach", async () => {
  const model = trainableModel("edge", LABELLED);
  const targets = model.encodeTargets(TRUTH, FRAME);
  const loss = (outputs: Record<string, NdArray>) => lossTerms(model, outputs, targets);
  const perfect = perfectOutputs(targets, model.anchors!(FRAME), GRIDS, 2);
  const found = await loss(perfect);
  assert.ok(found.cls! < 1e-3 && found.box! < 1e-3, JSON.stringify(found));

  // Undecided everywhere with perfect boxes: ln 2 on each positive as far as it counts, 0.45 · (½)² · ln 2 on the others.
  const undecided = Object.fromEntries(
    Object.entries(perfect).map(([name, { shape, data }]) => [
      name,
      { shape, data: name.startsWith("cls") ? new Float32Array(data.length) : data },
    ]),
  );
  const { data } = targets.labels!;
  const counted = data.reduce((sum, label) => sum + label, 0);
  const others = data.filter((label) => label === 0).length;
  const expected = Math.LN2 * (counted + 0.45 * 0.25 * others) / counted;
  assertClose((await loss(undecided)).cls!, expected, { rtol: 1e-4 });
});

/** Edge as it ships, at a smaller size, comparing all that a teacher shows. */
const PUPIL = { inputSize: 128 };

/** Sides and channels of YuNet's activations at 128×128. */
const SEEN: Readonly<Record<string, readonly (readonly [side: number, channels: number])[]>> = {
  backbone: [
    ...[[64, 16], [64, 16], [32, 16], [32, 64], [32, 64], [32, 64]] as const,
    ...[[16, 64], [16, 64], [8, 64], [8, 64], [4, 64], [4, 64]] as const,
  ],
  pyramid: [[16, 64], [8, 64], [4, 64]],
  heads: [[16, 64], [8, 64], [4, 64]],
};

/** What a teacher might say: unsure of most places, sure of some. */
function answer(anchors: Float32Array): TeacherAnswer {
  const random = new Random([5]), places = anchors.length / 4;
  const scores = Float32Array.from({ length: places }, () => random.uniform(0, 1) ** 4);
  const features = Object.fromEntries(
    Object.entries(SEEN).flatMap(([kind, seen]) =>
      seen.map(([side, channels], i) => [`${kind}_${i}`, {
        shape: [side, side, channels],
        data: Float32Array.from({ length: side ** 2 * channels }, () => random.uniform(0, 3)),
      }])
    ),
  );
  return { scores, boxes: anchors.map((edge) => edge + random.uniform(-2, 2)), features };
}

eachBackend("edge's loss beside a teacher is least where it says the same", async () => {
  const model = trainableModel("edge", PUPIL), anchors = model.anchors!(FRAME);
  const said = answer(anchors);
  const targets = { ...model.encodeTargets(TRUTH, FRAME), ...model.encodeAnswer!(said, TRUTH) };
  const labels = Float32Array.from(said.scores, () => 1);
  const echo: Record<string, NdArray> = {
    ...perfectOutputs(
      {
        labels: { shape: [labels.length], data: labels },
        boxes: { shape: [labels.length, 4], data: said.boxes },
      },
      anchors,
      GRIDS,
      1,
    ),
    ...said.features,
  };
  let place = 0;
  for (const level of GRIDS.keys()) {
    const { data } = echo[`cls_${level}`]!;
    for (let i = 0; i < data.length; i++, place++) {
      const score = said.scores[place]!;
      data[i] = Math.log(score / (1 - score));
    }
  }
  const agreed = await lossTerms(model, echo, targets);
  const sum = said.scores.reduce((total, score) => total + score, 0);
  const entropy = (p: number) => -p * Math.log(p) - (1 - p) * Math.log(1 - p);
  const least = said.scores.reduce((total, p) => total + entropy(p), 0) / sum;
  assertClose(agreed.cls!, least, { rtol: 1e-3 });
  assert.ok(agreed.box! < 1e-3 && agreed.hint! < 1e-6, JSON.stringify(agreed));

  for (const shift of [-0.3, 0.3]) {
    const moved = Object.fromEntries(
      Object.entries(echo).map(([name, { shape, data }]) => [
        name,
        { shape, data: data.map((value) => value + shift) },
      ]),
    );
    const found = await lossTerms(model, moved, targets);
    for (const term of ["cls", "box", "hint"]) assert.ok(found[term]! > agreed[term]!, term);
  }
});

Deno.test("edge with two anchors a place learns from labels only", () => {
  assert.equal(trainableModel("edge", LABELLED).encodeAnswer, undefined);
});

Deno.test("edge reads a teacher's activations in place of its own where it is told so", () => {
  assert.equal(trainableModel("edge", PUPIL).forced, undefined);
  const { forced, graph, hints } = trainableModel("edge", { ...PUPIL, forced: true });
  const nodes = new Set(graph.nodes.map(({ name }) => name));
  assert.ok(Object.keys(forced!).every((node) => nodes.has(node)));
  assert.deepEqual(Object.values(forced!).sort(), [...hints!].sort());
});

Deno.test("edge may look around faces as TinaFace does, and compare that with YuNet's pyramid", () => {
  const { hints, graph } = trainableModel("edge", { ...PUPIL, neck: "tinaface" });
  assert.ok(graph.nodes.some(({ name }) => name === "context_0_concat"));
  assert.equal(hints!.length, 12 + 3);
});
