// The engine against tfjs: every operation, in both builds.
import assert from "node:assert/strict";
import fc from "fast-check";
import { selectDevice } from "../../lib/backends/device.ts";
import { tf } from "../../lib/deps/tfjs.ts";
import { EngineNetwork } from "../../lib/engine/network.ts";
import { UnsupportedOpError } from "../../lib/engine/steps.ts";
import { CACHE_BYTES } from "../../lib/engine/streams.ts";
import { TfNetwork } from "../../lib/executors/tf_network.ts";
import { GraphBuilder } from "../../lib/graph/builder.ts";
import type { Graph } from "../../lib/graph/graph.ts";
import { OPS } from "../../lib/graph/ops.ts";
import { addConvDp } from "../../lib/models/edge/separable.ts";
import { inferenceModel } from "../../lib/models/registry.ts";
import { type NdArray, stack } from "../../lib/numbers/nd_array.ts";
import { liveWeights, toTensor4d } from "../executors/small_network.ts";
import { assertAllClose } from "../_support/close.ts";
import { ENGINE_BUILDS } from "./builds.ts";
import { chainGraphs, ENGINE_OPS, type GraphCase, graphsWith, noiseImage } from "./random_graph.ts";
import { deformableGraph } from "./deformable_graph.ts";

/** What tfjs gives for an image, by output. */
async function expected(
  graph: Graph,
  weights: ReadonlyMap<string, NdArray>,
  image: NdArray,
): Promise<Record<string, NdArray>> {
  using network = new TfNetwork(graph, weights);
  const outputs = tf.tidy(() => network.predict({ image: toTensor4d(stack([image])) }));
  const arrays: Record<string, NdArray> = {};
  for (const [name, tensor] of Object.entries(outputs)) {
    arrays[name] = { shape: tensor.shape.slice(1), data: await tensor.data<"float32">() };
  }
  // A graph may have one node as two outputs.
  for (const tensor of new Set(Object.values(outputs))) tensor.dispose();
  return arrays;
}

function assertSame(
  actual: Readonly<Record<string, NdArray>>,
  wanted: Readonly<Record<string, NdArray>>,
): void {
  assert.deepEqual(Object.keys(actual), Object.keys(wanted));
  for (const [name, { shape, data }] of Object.entries(wanted)) {
    assert.deepEqual(actual[name]!.shape, shape, name);
    const largest = data.reduce((a, b) => Math.max(a, Math.abs(b)), 1);
    assertAllClose(actual[name]!.data, data, { atol: 1e-5 * largest, rtol: 1e-4 });
  }
}

/** All rows of a small image at once, and two of them. */
const CACHES = [CACHE_BYTES, 0];

async function assertParity({ graph, shape }: GraphCase): Promise<void> {
  const weights = liveWeights(graph), image = noiseImage(shape);
  const wanted = await expected(graph, weights, image);
  for (const { module } of ENGINE_BUILDS) {
    for (const cacheBytes of CACHES) {
      using engine = new EngineNetwork(graph, weights, module, cacheBytes);
      assertSame(engine.predict(image), wanted);
      assertSame(engine.predict(image), wanted); // what the first run left behind must not show
    }
  }
}

for (const op of ENGINE_OPS) {
  Deno.test({
    name: `EngineNetwork computes ${op} among others as tfjs does`,
    sanitizeResources: false, // the backend outlives the test that started it
    sanitizeOps: false,
    fn: async () => {
      await selectDevice("cpu");
      await fc.assert(fc.asyncProperty(graphsWith(op), assertParity), { numRuns: 40 });
    },
  });
}

Deno.test({
  name: "EngineNetwork computes long chains of layers as tfjs does",
  sanitizeResources: false,
  sanitizeOps: false,
  fn: async () => {
    await selectDevice("cpu");
    await fc.assert(fc.asyncProperty(chainGraphs(), assertParity), { numRuns: 100 });
  },
});

Deno.test("EngineNetwork has every operation but one", () => {
  const missing = Object.keys(OPS).filter((op) => !(ENGINE_OPS as readonly string[]).includes(op));
  assert.deepEqual(missing, ["input", "deformConv"]);
});

Deno.test("EngineNetwork names the operation and the node that it does not have", () => {
  const graph = deformableGraph();
  assert.throws(
    () => new EngineNetwork(graph, liveWeights(graph), ENGINE_BUILDS[0]!.module),
    (error) => {
      assert.ok(error instanceof UnsupportedOpError);
      assert.equal(error.message, 'Cannot run op "deformConv" of node "bent" on the engine');
      return true;
    },
  );
});

// Group norm, shared weights, pools with and without a convolution before them, both ways of resizing,
// long chains of a few rows at a time, in real networks.
const MODELS = [
  ["edge", {}],
  ["tinaface", { backbone: "mobilenet_v2", alpha: 0.35, channels: 32 }],
  ["tinaface-lite", { backbone: "mobilenet_v2", alpha: 0.35, channels: 32, backboneNorm: "bn" }],
] as const;

for (const [name, settings] of MODELS) {
  Deno.test({
    name: `EngineNetwork computes ${name} as tfjs does, at one size after another`,
    sanitizeResources: false,
    sanitizeOps: false,
    fn: async () => {
      await selectDevice("wasm");
      const { graph } = inferenceModel(name, settings);
      const weights = liveWeights(graph);
      for (const { module } of ENGINE_BUILDS) {
        using engine = new EngineNetwork(graph, weights, module);
        for (const [height, width] of [[128, 256], [256, 128], [128, 128]] as const) {
          const image = noiseImage([height, width, 3]);
          assertSame(engine.predict(image), await expected(graph, weights, image));
        }
      }
    },
  });
}

Deno.test({
  name: "EngineNetwork pools an odd number of rows behind a convolution as tfjs does",
  sanitizeResources: false,
  sanitizeOps: false,
  fn: async () => {
    await selectDevice("cpu");
    const builder = new GraphBuilder();
    const image = builder.add("input", "image", [], { channels: 5 });
    const end = addConvDp(builder, "pair", image, 70);
    const pooled = builder.add("maxPool", "pool", [end], { kernel: 2, stride: 2, padding: "same" });
    // Rows of 91 · 70 numbers: a handful at a time.
    await assertParity({ graph: builder.finish({ pooled }), shape: [37, 91, 5] });
  },
});

Deno.test("EngineNetwork keeps one plan's memory, whatever sizes come by", () => {
  const { graph } = inferenceModel(...MODELS[1]);
  const weights = liveWeights(graph);
  using engine = new EngineNetwork(graph, weights, ENGINE_BUILDS[0]!.module);
  const image = noiseImage([256, 256, 3]);
  const first = engine.predict(image);
  const { memoryBytes } = engine;
  for (const [height, width] of [[128, 128], [128, 256], [256, 128], [256, 256]] as const) {
    engine.predict(noiseImage([height, width, 3]));
    assert.equal(engine.memoryBytes, memoryBytes);
  }
  assert.deepEqual(engine.predict(image), first);
});

Deno.test("EngineNetwork gives memory back that one large photo needed", () => {
  const builder = new GraphBuilder();
  const image = builder.add("input", "image", [], { channels: 3 });
  const sum = builder.add("add", "sum", [image, image], {});
  const graph = builder.finish({ sum });
  using engine = new EngineNetwork(graph, new Map(), ENGINE_BUILDS[0]!.module);
  const small = noiseImage([8, 8, 3]), before = engine.predict(small);
  engine.predict({ shape: [2048, 2048, 3], data: new Float32Array(2048 * 2048 * 3) });
  assert.ok(engine.memoryBytes > 90e6);
  assert.deepEqual(engine.predict(small), before);
  assert.ok(engine.memoryBytes < 1e6);
});

Deno.test("EngineNetwork stays usable after a size that does not fit its memory", () => {
  const builder = new GraphBuilder();
  const image = builder.add("input", "image", [], { channels: 3 });
  const graph = builder.finish({ y: builder.add("relu", "y", [image], {}) });
  using engine = new EngineNetwork(graph, new Map(), ENGINE_BUILDS[0]!.module);
  const size = { width: 30_000, height: 30_000 };
  const photo = { width: 4, height: 4, data: new Uint8Array(48).fill(9) };
  const input = { mean: [0, 0, 0], std: [1, 1, 1], fill: [7, 7, 7] } as const;
  const view = { x: 0, y: 0, width: 4, height: 4, outWidth: 4, outHeight: 4 };
  assert.throws(
    () => engine.see(photo, { ...view, outWidth: size.width, outHeight: size.height }, input),
    { name: "RangeError", message: /^Cannot run the network on 30000x30000: / },
  );
  assert.deepEqual([...engine.see(photo, view, input)["y"]!.data], new Array(48).fill(9));
});

Deno.test("EngineNetwork says that it is disposed", () => {
  const builder = new GraphBuilder();
  const graph = builder.finish({ y: builder.add("input", "image", [], { channels: 3 }) });
  const engine = new EngineNetwork(graph, new Map(), ENGINE_BUILDS[0]!.module);
  engine.dispose();
  assert.throws(() => engine.predict(noiseImage([2, 2, 3])), {
    name: "TypeError",
    message: "Cannot run the network: it is disposed",
  });
});
