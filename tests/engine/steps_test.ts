// What becomes one step: a graph that computes the same in more steps would only be slower.
import assert from "node:assert/strict";
import { type Block, stepsOf } from "../../lib/engine/steps.ts";
import { GraphBuilder } from "../../lib/graph/builder.ts";
import { inferenceModel } from "../../lib/models/registry.ts";
import { tinyInference } from "../../lib/models/tiny/inference.ts";

const RELU6 = { low: 0, high: 6 };
const POINTWISE = { kernel: 1, filters: 3, stride: 1, padding: "same", bias: true } as const;

/** A builder with an image, and the steps of what is added to it. */
function graphOf(add: (builder: GraphBuilder) => Record<string, string>) {
  const builder = new GraphBuilder();
  builder.add("input", "image", [], { channels: 3 });
  return stepsOf(builder.finish(add(builder)));
}

Deno.test("stepsOf() makes an inverted residual one step", () => {
  const steps = stepsOf(tinyInference().graph);
  const step = steps.find(({ output }) => output === "block_2_add") as Block;
  assert.deepEqual(step.inputs, ["block_1_project_BN", "block_1_project_BN"]);
  assert.ok(step.residual);
  assert.equal(step.first!.norm!.name, "block_2_expand_BN");
  assert.deepEqual(step.first!.clamp, RELU6);
  assert.equal(step.depthwise!.norm!.name, "block_2_depthwise_BN");
  assert.deepEqual(step.depthwise!.clamp, RELU6);
  assert.equal(step.last!.norm!.name, "block_2_project_BN");
  assert.deepEqual(step.last!.clamp, { low: -Infinity, high: Infinity });
});

Deno.test("stepsOf() makes 21 steps of the 153 nodes of tiny", () => {
  const { graph } = tinyInference(), steps = stepsOf(graph);
  assert.equal(graph.nodes.length, 153);
  // Stem and first block are one; its 16 followers; the head's convolutions, norm and sigmoid.
  assert.deepEqual(steps.slice(17).map(({ op, output }) => [op, output]), [
    ["block", "head_relu_1"],
    ["batchNorm", "head_relu_2"],
    ["block", "head_grid"],
    ["sigmoid", "grid"],
  ]);
  assert.ok(steps.slice(0, 17).every(({ op }) => op === "block"));
});

Deno.test("stepsOf() keeps pairs of dense and depthwise together, with the pool after them", () => {
  const { graph } = inferenceModel("edge");
  const blocks = stepsOf(graph).filter((step) => step.op === "block");
  const block = (output: string) => blocks.find((step) => step.output === output)!;
  assert.equal(block("pool_0").first!.node.name, "stage_0_0_pointwise");
  assert.equal(block("stage_1_1_relu").first!.node.name, "stage_1_1_pointwise");
  assert.equal(block("pool_2").depthwise!.norm!.name, "stage_2_1_BN");
  // The neck reads what is pooled here.
  assert.equal(block("stage_3_1_relu").pool, undefined);
  assert.ok(blocks.every(({ last, pool }) => !(last && pool)));
});

Deno.test("stepsOf() leaves apart what something else reads, and outputs", () => {
  const twice = graphOf((builder) => {
    const x = builder.add("conv", "x", ["image"], POINTWISE);
    const y = builder.add("relu", "y", [x], {});
    return { sum: builder.add("add", "sum", [x, y], {}) };
  });
  assert.deepEqual(twice.map(({ output }) => output), ["x", "y", "sum"]);
  const output = graphOf((builder) => {
    const x = builder.add("conv", "x", ["image"], POINTWISE);
    return { x, y: builder.add("relu", "y", [x], {}) };
  });
  assert.deepEqual(output.map(({ output }) => output), ["x", "y"]);
});

Deno.test("stepsOf() adds after an activation in a step of its own", () => {
  const steps = graphOf((builder) => {
    const x = builder.add("relu", "x", [builder.add("conv", "c", ["image"], POINTWISE)], {});
    return { sum: builder.add("add", "sum", [x, "image"], {}) };
  });
  assert.deepEqual(steps.map(({ op, output }) => [op, output]), [["block", "x"], ["add", "sum"]]);
});

Deno.test("stepsOf() computes a sum's convolution once its other operand is there", () => {
  const steps = graphOf((builder) => {
    const x = builder.add("conv", "x", ["image"], POINTWISE);
    const y = builder.add("sigmoid", "y", ["image"], {});
    const sum = builder.add("add", "sum", [x, y], {});
    return { out: builder.add("relu", "out", [sum], {}) };
  });
  assert.deepEqual(steps.map(({ op, output }) => [op, output]), [["sigmoid", "y"], [
    "block",
    "out",
  ]]);
  assert.deepEqual(steps[1]!.inputs, ["image", "y"]);
});
