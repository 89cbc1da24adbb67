// Making weights, and matching them with a network.
import assert from "node:assert/strict";
import { weightsOf } from "../../lib/graph/analysis.ts";
import { GraphBuilder } from "../../lib/graph/builder.ts";
import type { Initializer } from "../../lib/graph/graph.ts";
import type { NdArray } from "../../lib/numbers/nd_array.ts";
import {
  initialWeights,
  matchWeights,
  WeightsMismatchError,
} from "../../lib/weights/weight_map.ts";
import { assertClose } from "../_support/close.ts";

const CONV = { kernel: 3, stride: 1, padding: "same", bias: true } as const;

function graphOf(...more: string[]) {
  const builder = new GraphBuilder();
  const image = builder.add("input", "image", [], { channels: 16 });
  let x = builder.add("conv", "conv", [image], { ...CONV, filters: 64 });
  x = builder.add("batchNorm", "norm", [x], { epsilon: 1e-3, momentum: 0.9 });
  for (const name of more) x = builder.add("conv", name, [x], { ...CONV, filters: 2 });
  x = builder.add("depthwiseConv", "dw", [x], { kernel: 7, stride: 1, padding: "same" });
  return builder.finish({ x });
}

const numbers = (shape: number[]): NdArray => ({
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b, 1)),
});

Deno.test("initialWeights() draws kernels as He et al. 2015: variance 2 / fan-in", () => {
  const weights = initialWeights(graphOf(), 1);
  const fanIns = { "conv/kernel": 3 * 3 * 16, "dw/depthwise_kernel": 7 * 7 };
  for (const [name, fanIn] of Object.entries(fanIns)) {
    const { data } = weights.get(name)!;
    const mean = data.reduce((sum, w) => sum + w, 0) / data.length;
    const variance = data.reduce((sum, w) => sum + w * w, 0) / data.length;
    // Six standard errors of mean and variance of a normal distribution.
    assertClose(mean, 0, { atol: 6 * Math.sqrt(2 / fanIn / data.length), rtol: 0 });
    assertClose(variance * fanIn / 2, 1, { atol: 6 * Math.sqrt(2 / data.length), rtol: 0 });
  }
});

Deno.test("initialWeights() draws as a convolution asks for it", () => {
  const started = (kernel: Initializer) => {
    const builder = new GraphBuilder(), init = { kernel, bias: -4 };
    const image = builder.add("input", "image", [], { channels: 16 });
    const x = builder.add("conv", "conv", [image], { ...CONV, filters: 32, init });
    const weights = initialWeights(builder.finish({ x }), 1);
    return ["conv/kernel", "conv/bias"].map((name) => weights.get(name)!.data);
  };
  const variance = (data: Float32Array) => data.reduce((sum, w) => sum + w * w, 0) / data.length;
  const [normal, bias] = started({ normal: 0.01 });
  assertClose(variance(normal!), 1e-4, { rtol: 6 * Math.sqrt(2 / normal!.length), atol: 0 });
  assert.deepEqual(new Set(bias), new Set([-4]));
  // Glorot and Bengio 2010, eq. 16: uniform in ± √6 / √(fan-in + fan-out).
  const [uniform] = started("xavierUniform"), limit = Math.sqrt(6 / (9 * 16 + 9 * 32));
  const largest = uniform!.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
  assert.ok(largest <= limit && largest > 0.99 * limit);
  assertClose(variance(uniform!), limit ** 2 / 3, { rtol: 0.1, atol: 0 });
});

Deno.test("initialWeights() starts biases and norms at what changes nothing", () => {
  const weights = initialWeights(graphOf(), 1);
  const values = (name: string) => [...new Set(weights.get(name)!.data)];
  assert.deepEqual(values("conv/bias"), [0]);
  assert.deepEqual(values("norm/gamma"), [1]);
  assert.deepEqual(values("norm/beta"), [0]);
  assert.deepEqual(values("norm/moving_mean"), [0]);
  assert.deepEqual(values("norm/moving_variance"), [1]);
});

Deno.test("initialWeights() depends on seed and name, not on the other layers", () => {
  const weights = initialWeights(graphOf(), 1);
  assert.deepEqual(initialWeights(graphOf(), 1), weights);
  const kernel = (graph = graphOf(), seed = 1) => initialWeights(graph, seed).get("conv/kernel");
  assert.deepEqual(kernel(graphOf("more")), kernel());
  assert.notDeepEqual(kernel(graphOf(), 2), kernel());
  const two = initialWeights(graphOf("a", "b"), 1);
  assert.notDeepEqual(two.get("a/kernel")!.data[0], two.get("b/kernel")!.data[0]);
});

Deno.test("matchWeights() brings weights into the order of the graph", () => {
  const graph = graphOf(), weights = initialWeights(graph, 1);
  const matched = matchWeights(graph, new Map([...weights].reverse()));
  assert.deepEqual([...matched.keys()], weightsOf(graph).map(({ name }) => name));
  assert.equal(matched.get("conv/kernel"), weights.get("conv/kernel"));
});

Deno.test("matchWeights() names what does not belong", () => {
  const graph = graphOf(), weights = initialWeights(graph, 1);
  weights.delete("norm/beta");
  weights.set("norm/gamma", numbers([63]));
  weights.set("a", numbers([1])).set("b", numbers([1])).set("c", numbers([1]));
  assert.throws(() => matchWeights(graph, weights), (error) => {
    assert.ok(error instanceof WeightsMismatchError);
    assert.deepEqual(error.missing, ["norm/beta"]);
    assert.deepEqual(error.unexpected, ["a", "b", "c"]);
    assert.deepEqual(error.misshaped, ["norm/gamma is [63] and not [64]"]);
    assert.equal(
      error.message,
      "Cannot use the weights: they belong to another network " +
        '(1 missing: "norm/beta"; 3 unexpected: "a", "b", …; ' +
        '1 of another shape: "norm/gamma is [63] and not [64]")',
    );
    return true;
  });
});

Deno.test("matchWeights() overlooks what is too much when it is told to", () => {
  const graph = graphOf(), weights = initialWeights(graph, 1).set("classifier", numbers([9]));
  assert.throws(() => matchWeights(graph, weights), WeightsMismatchError);
  assert.ok(!matchWeights(graph, weights, { strict: false }).has("classifier"));
});
