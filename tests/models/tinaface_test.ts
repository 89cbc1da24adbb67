import assert from "node:assert/strict";
import { parameterCount, summarize, weightsOf } from "../../lib/graph/analysis.ts";
import { TINAFACE, TINAFACE_LITE, tinafaceConfig } from "../../lib/models/tinaface/config.ts";
import { tinafaceGraph } from "../../lib/models/tinaface/graph.ts";
import { inferenceModel } from "../../lib/models/registry.ts";
import { trainableModel } from "../../lib/models/trainable.ts";
import type { NdArray } from "../../lib/numbers/nd_array.ts";
import { eachBackend } from "../_support/backends.ts";
import { assertAllClose, assertClose } from "../_support/close.ts";
import { lossTerms } from "./loss_terms.ts";
import { perfectOutputs } from "./perfect_outputs.ts";

/** Small enough to run on every device. */
const SMALL = {
  backbone: "mobilenet_v2",
  alpha: 0.35,
  norm: "bn",
  channels: 16,
  towerDepth: 1,
  inputSize: 128,
};

const learned = (changes: Record<string, unknown>) =>
  summarize(tinafaceGraph(tinafaceConfig("tinaface", TINAFACE, changes)), {
    width: 640,
    height: 640,
  }).learnedParameters;

Deno.test("tinaface has the published number of parameters", () => {
  assert.equal(learned({}), 37_481_810);
  assert.equal(learned({ deformable: true }), 37_979_636);
  // the norms differ in what they average, not in what they learn
  assert.equal(learned({ norm: "bn", backboneNorm: "bn" }), 37_481_810);
});

Deno.test("tinaface-lite has the parameters of seed 2, averages included", () => {
  assert.equal(parameterCount(inferenceModel("tinaface-lite").graph), 29_421_896);
  assert.equal(TINAFACE_LITE.levels, 4);
});

Deno.test("tinaface shares one Inception block and one head among its levels", () => {
  const names = weightsOf(inferenceModel("tinaface").graph).map(({ name }) => name);
  assert.equal(names.filter((name) => name.endsWith("retina_cls/kernel")).length, 1);
  assert.equal(names.filter((name) => name.startsWith("neck.1.level_convs")).length, 5 * 3);
  assert.ok(names.includes("backbone.layer4.2.conv3/kernel"));
});

Deno.test("tinaface gives three outputs a level, of the sizes of its anchors", () => {
  const { graph } = inferenceModel("tinaface");
  const { nodes } = summarize(graph, { width: 640, height: 640 });
  const shape = (output: string) =>
    nodes.find(({ node }) => node.name === graph.outputs[output])!.shape;
  assert.deepEqual(shape("cls_0"), [160, 160, 3]);
  assert.deepEqual(shape("reg_3"), [20, 20, 12]);
  assert.deepEqual(shape("iou_5"), [5, 5, 3]);
});

Deno.test("tinafaceConfig() names the setting that cannot be", () => {
  assert.throws(() => inferenceModel("tinaface", { norm: "ln" }), /norm is "ln", choose from gn/);
  assert.throws(() => inferenceModel("tinaface", { inputSize: 600 }), /not a multiple of 128/);
  assert.throws(
    () => inferenceModel("tinaface", { depth: 3 }),
    /"depth" is not one of its settings/,
  );
});

const FRAME = { width: 128, height: 128 };
const GRIDS = [32, 16, 8, 4, 2, 1].map((n) => [n, n] as const);
const FACES = Float32Array.of(20, 30, 44, 62, 80, 70, 120, 122);

Deno.test("tinaface decodes what it encodes", () => {
  const model = trainableModel("tinaface", SMALL);
  const anchors = model.anchors!(FRAME);
  const targets = model.encodeTargets({ boxes: FACES, ignore: new Uint8Array(2) }, FRAME);
  const { boxes, scores } = model.decode(perfectOutputs(targets, anchors, GRIDS, 3), FRAME);
  assert.ok(scores.length >= 2 && scores.every((score) => score > 0.99));
  for (let i = 0; i < scores.length; i++) {
    const box = boxes.subarray(4 * i, 4 * i + 4);
    const face = box[0]! < 60 ? FACES.subarray(0, 4) : FACES.subarray(4);
    assertAllClose([...box], [...face], { atol: 1e-2 });
  }
});

eachBackend(
  "tinaface's loss is near zero for a perfect network, and its terms follow the paper",
  async () => {
    const model = trainableModel("tinaface", SMALL);
    const anchors = model.anchors!(FRAME);
    const targets = model.encodeTargets({ boxes: FACES, ignore: new Uint8Array(2) }, FRAME);
    const loss = (outputs: Record<string, NdArray>) => lossTerms(model, outputs, targets);
    const perfect = perfectOutputs(targets, anchors, GRIDS, 3);
    const found = await loss(perfect);
    assert.ok(found.cls! < 1e-3 && found.box! < 1e-3 && found.iou! < 1e-3, JSON.stringify(found));

    // Silent about the IoU: every positive costs ln 2 − 0 · …, that is ln(1 + e^0) = 0.693.
    const silent = { ...perfect };
    for (const name of Object.keys(silent).filter((key) => key.startsWith("iou"))) {
      silent[name] = { ...silent[name]!, data: new Float32Array(silent[name]!.data.length) };
    }
    assertClose((await loss(silent)).iou!, Math.LN2, { atol: 1e-3 });
  },
);
