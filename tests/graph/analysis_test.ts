// What is said of a graph without running it, against counts by hand and published ones.
import assert from "node:assert/strict";
import { inferShapes, parameterCount, summarize, weightsOf } from "../../lib/graph/analysis.ts";
import { GraphBuilder } from "../../lib/graph/builder.ts";
import { tinyConfig } from "../../lib/models/tiny/config.ts";
import { tinyGraph } from "../../lib/models/tiny/graph.ts";

/** 4×4×3 → conv 5 stride 2 with bias → batch norm → its double by a residual → ×2. */
function smallGraph() {
  const builder = new GraphBuilder();
  const image = builder.add("input", "image", [], { channels: 3 });
  const conv = builder.add("conv", "conv", [image], {
    kernel: 3,
    filters: 5,
    stride: 2,
    padding: "same",
    bias: true,
  });
  const norm = builder.add("batchNorm", "norm", [conv], { epsilon: 1e-3, momentum: 0.9 });
  const depthwise = builder.add("depthwiseConv", "dw", [norm], {
    kernel: 3,
    stride: 1,
    padding: "same",
  });
  const sum = builder.add("add", "sum", [norm, depthwise], {});
  return builder.finish({ big: builder.add("upsample", "up", [sum], { factor: 2 }) });
}
const SIZE = { width: 4, height: 4 };

Deno.test("inferShapes() follows height and width apart", () => {
  const shapes = inferShapes(smallGraph(), { width: 9, height: 4 });
  assert.deepEqual(Object.fromEntries(shapes), {
    image: [4, 9, 3],
    conv: [2, 5, 5],
    norm: [2, 5, 5],
    dw: [2, 5, 5],
    sum: [2, 5, 5],
    up: [4, 10, 5],
  });
});

Deno.test("inferShapes() refuses an image that the window does not fit", () => {
  const builder = new GraphBuilder();
  const image = builder.add("input", "image", [], { channels: 3 });
  const padding = [0, 0, 0, 0] as const;
  builder.add("conv", "wide", [image], { kernel: 5, filters: 1, stride: 1, padding, bias: false });
  const graph = builder.finish({ wide: "wide" });
  assert.throws(() => inferShapes(graph, { width: 5, height: 4 }), {
    name: "RangeError",
    message: 'Cannot run the network on 5x4: node "wide" would have shape "0,1,1"',
  });
});

Deno.test("weightsOf() lists the weights by full name in the order of the nodes", () => {
  assert.deepEqual(weightsOf(smallGraph()).map(({ name, shape }) => `${name} ${shape}`), [
    "conv/kernel 3,3,3,5",
    "conv/bias 5",
    "norm/gamma 5",
    "norm/beta 5",
    "norm/moving_mean 5",
    "norm/moving_variance 5",
    "dw/depthwise_kernel 3,3,5,1",
  ]);
});

Deno.test("weightsOf() lists weights that two nodes share once, by the node they are called after", () => {
  const builder = new GraphBuilder();
  const image = builder.add("input", "image", [], { channels: 4 });
  const conv = { kernel: 1, filters: 4, stride: 1, padding: "same", bias: false } as const;
  const first = builder.add("conv", "first", [image], conv);
  builder.add("conv", "second", [first], conv, "first");
  const graph = builder.finish({ out: "second" });
  assert.deepEqual(weightsOf(graph).map(({ name }) => name), ["first/kernel"]);
  const { parameters, multiplyAdds } = summarize(graph, { width: 2, height: 3 });
  assert.deepEqual([parameters, multiplyAdds], [16, 2 * 6 * 16]);
});

Deno.test("summarize() equals a count by hand", () => {
  const summary = summarize(smallGraph(), SIZE);
  const lines = summary.nodes.map(({ parameters, multiplyAdds }) => [parameters, multiplyAdds]);
  assert.deepEqual(lines, [
    [0, 0],
    [3 * 3 * 3 * 5 + 5, 2 * 2 * 5 * (3 * 3 * 3)],
    [4 * 5, 2 * 2 * 5],
    [3 * 3 * 5, 2 * 2 * 5 * (3 * 3)],
    [0, 0],
    [0, 0],
  ]);
  assert.equal(summary.parameters, 140 + 20 + 45);
  assert.equal(summary.learnedParameters, 140 + 10 + 45);
  assert.equal(summary.multiplyAdds, 540 + 20 + 180);
  assert.equal(summary.weightBytes, 4 * 205);
});

Deno.test("summarize() knows when an activation is freed", () => {
  // Numbers held: image 48, conv 20, norm 20, dw 20, sum 20, up 80.
  const { peakActivationBytes, trainingActivationBytes } = summarize(smallGraph(), SIZE);
  // image + conv = 68; conv + norm = 40; norm + dw + sum = 60 (norm waits for sum); sum + up = 100.
  assert.equal(peakActivationBytes, 4 * 100);
  assert.equal(trainingActivationBytes, 4 * (48 + 20 + 20 + 20 + 20 + 80));
});

Deno.test("summarize() keeps outputs until the end", () => {
  const { nodes } = smallGraph();
  const summary = summarize({ nodes, outputs: { early: "conv", late: "up" } }, SIZE);
  assert.equal(summary.peakActivationBytes, 4 * (20 + 20 + 80));
});

Deno.test("the tiny detector has Keras' parameter counts at every width", () => {
  // Counted by Keras for the seed's network (reference: seed 1, `print_model.py`).
  const counts = [0.35, 0.5, 0.75, 1.0].map((alpha) =>
    parameterCount(tinyGraph(tinyConfig({ alpha })))
  );
  assert.deepEqual(counts, [506_053, 844_309, 1_590_549, 2_536_869]);
});

Deno.test("the tiny detector's backbone does MobileNetV2's published work", () => {
  // Sandler et al. 2018 and keras' table: MobileNetV2 1.0 at 224 makes 300 M multiply-adds, of which
  // 7·7·320·1280 in the last convolution and 1280·1000 in the classifier, which are cut off here.
  const { nodes } = summarize(tinyGraph(tinyConfig({ alpha: 1.0 })), { width: 224, height: 224 });
  const backbone = nodes.filter(({ node }) => node.part === "backbone" && node.op !== "batchNorm")
    .reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0);
  const millions = (backbone + 7 * 7 * 320 * 1280 + 1280 * 1000) / 1e6;
  assert.ok(millions > 299 && millions < 302, `${millions} million`);
});
