// What becomes one step: a graph that computes the same in more steps would only be slower.
import assert from "node:assert/strict";
import { type Chain, stepsOf } from "../../lib/engine/steps.ts";
import { GraphBuilder } from "../../lib/graph/builder.ts";
import type { Graph } from "../../lib/graph/graph.ts";
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

/** The chain that ends with a node. */
function chainTo(graph: Graph, output: string): Chain {
  const step = stepsOf(graph).find((step) => step.output === output);
  assert.equal(step?.op, "chain");
  return step as Chain;
}

Deno.test("stepsOf() makes inverted residuals one chain, until one is read twice", () => {
  const { inputs, layers } = chainTo(tinyInference().graph, "block_3_project_BN");
  const OPEN = { low: -Infinity, high: Infinity };
  assert.deepEqual(layers.map(({ norm, clamp, added }) => [norm?.name, clamp, added]), [
    ["block_2_expand_BN", RELU6, undefined],
    ["block_2_depthwise_BN", RELU6, undefined],
    ["block_2_project_BN", OPEN, "block_1_project_BN"],
    ["block_3_expand_BN", RELU6, undefined],
    ["block_3_depthwise_BN", RELU6, undefined],
    ["block_3_project_BN", OPEN, undefined],
  ]);
  assert.deepEqual(inputs, ["block_1_project_BN", "block_1_project_BN"]);
});

Deno.test("stepsOf() makes 15 steps of the 153 nodes of tiny", () => {
  const { graph } = tinyInference(), steps = stepsOf(graph);
  assert.equal(graph.nodes.length, 153);
  assert.deepEqual(steps.map(({ op, output }) => [op, output]), [
    // Where a sum is read twice: by the next block and by the next sum.
    ["chain", "block_1_project_BN"],
    ["chain", "block_3_project_BN"],
    ["chain", "block_4_add"],
    ["chain", "block_6_project_BN"],
    ["chain", "block_7_add"],
    ["chain", "block_8_add"],
    ["chain", "block_10_project_BN"],
    ["chain", "block_11_add"],
    ["chain", "block_13_project_BN"],
    ["chain", "block_14_add"],
    ["chain", "block_16_project_BN"],
    ["chain", "head_relu_1"],
    ["batchNorm", "head_relu_2"],
    ["chain", "head_grid"],
    ["sigmoid", "grid"],
  ]);
});

Deno.test("stepsOf() makes one chain of layers that only the next one reads, up to a pool", () => {
  const { graph } = inferenceModel("edge");
  const names = (output: string) => {
    const { layers } = chainTo(graph, output);
    return [...layers.map(({ node }) => node.name), layers.at(-1)!.pool?.name];
  };
  assert.deepEqual(names("pool_0"), [
    "stem",
    "stage_0_0_pointwise",
    "stage_0_0_depthwise",
    "pool_0",
  ]);
  assert.deepEqual(names("pool_2"), [
    ...["1_0", "1_1", "2_0", "2_1"].flatMap((stage) => {
      return [`stage_${stage}_pointwise`, `stage_${stage}_depthwise`];
    }),
    "pool_2",
  ]);
  // The neck reads what comes of this, too.
  assert.deepEqual(names("stage_3_1_relu").slice(-2), ["stage_3_1_depthwise", undefined]);
});

Deno.test("stepsOf() pools in a step of its own behind windows that do not slide by one pixel", () => {
  const outputs = (op: "conv" | "depthwiseConv", stride: number) => {
    const steps = graphOf((builder) => {
      const attributes = { kernel: 3, stride, padding: "same" } as const;
      const x = op === "conv"
        ? builder.add(op, "x", ["image"], { ...attributes, filters: 3, bias: false })
        : builder.add(op, "x", ["image"], attributes);
      const pool = { kernel: 2, stride: 2, padding: "same" } as const;
      return { y: builder.add("maxPool", "y", [x], pool) };
    });
    return steps.map(({ output }) => output);
  };
  assert.deepEqual(outputs("depthwiseConv", 1), ["y"]);
  assert.deepEqual(outputs("depthwiseConv", 2), ["x", "y"]);
  assert.deepEqual(outputs("conv", 1), ["x", "y"]);
});

Deno.test("stepsOf() ends a chain before windows that reach sideways", () => {
  const window = { ...POINTWISE, kernel: 3 };
  const steps = graphOf((builder) => {
    const x = builder.add("conv", "x", ["image"], POINTWISE);
    const y = builder.add("conv", "y", [x], window);
    const pool = builder.add("maxPool", "pool", [y], { kernel: 3, stride: 2, padding: "same" });
    return { z: builder.add("conv", "z", [pool], POINTWISE) };
  });
  assert.deepEqual(steps.map(({ op, output }) => [op, output]), [
    ["chain", "x"],
    ["chain", "y"],
    ["maxPool", "pool"],
    ["chain", "z"],
  ]);
});

Deno.test("stepsOf() ends a chain before windows that lie beside the image", () => {
  const steps = graphOf((builder) => {
    const x = builder.add("conv", "x", ["image"], POINTWISE), padding = [3, 0, 0, 0] as const;
    return { y: builder.add("depthwiseConv", "y", [x], { kernel: 3, stride: 1, padding }) };
  });
  assert.deepEqual(steps.map(({ output }) => output), ["x", "y"]);
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

Deno.test("stepsOf() adds before an activation in a product, after it in a layer of its own", () => {
  const layersOf = (op: "conv" | "relu") => {
    const [chain] = graphOf((builder) => {
      const x = builder.add("conv", "conv", ["image"], POINTWISE);
      builder.add("relu", "relu", [x], {});
      return { sum: builder.add("add", "sum", [op, "image"], {}) };
    });
    assert.deepEqual(chain!.inputs, ["image", "image"]);
    return (chain as Chain).layers.map(({ node, added }) => [node.name, added]);
  };
  assert.deepEqual(layersOf("conv"), [["conv", "image"]]);
  assert.deepEqual(layersOf("relu"), [["conv", undefined], ["sum", "image"]]);
});

Deno.test("stepsOf() starts a chain with a sum", () => {
  const { layers, inputs } = chainTo(inferenceModel("edge").graph, "lateral_1_relu");
  assert.deepEqual(layers[0]!.node.name, "merge_1");
  assert.deepEqual(inputs, ["up_1", "stage_4_1_relu"]);
});

Deno.test("stepsOf() computes a sum's convolution once its other operand is there", () => {
  const steps = graphOf((builder) => {
    const x = builder.add("conv", "x", ["image"], POINTWISE);
    const y = builder.add("sigmoid", "y", ["image"], {});
    const sum = builder.add("add", "sum", [x, y], {});
    return { out: builder.add("relu", "out", [sum], {}) };
  });
  assert.deepEqual(steps.map(({ op, output }) => [op, output]), [["sigmoid", "y"], [
    "chain",
    "out",
  ]]);
  assert.deepEqual(steps[1]!.inputs, ["image", "y"]);
});
