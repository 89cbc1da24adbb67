// Which device runs a model, and what is said about it.
import assert from "node:assert/strict";
import { DeviceUnavailableError } from "../../lib/backends/active_device.ts";
import { startRunner } from "../../lib/detector/runner.ts";
import { letterbox } from "../../lib/geometry/letterbox.ts";
import { tinyInference } from "../../lib/models/tiny/inference.ts";
import type { LoadedModel } from "../../lib/weights/model_file.ts";
import { assertAllClose } from "../_support/close.ts";
import { ENGINE_BUILDS } from "../engine/builds.ts";
import { liveWeights } from "../executors/small_network.ts";
import { spots } from "./models.ts";
import { deformableGraph } from "../engine/deformable_graph.ts";

function tiny(): LoadedModel {
  const model = tinyInference({ inputSize: 32, gridSize: 1 });
  return { model, weights: liveWeights(model.graph) };
}

/** A model with an operation that the engine lacks. */
function deformable(): LoadedModel {
  const graph = deformableGraph();
  return { model: { ...tiny().model, graph }, weights: liveWeights(graph) };
}

/** A backend, once started, outlives the test that started it. */
const OUTLIVES = { sanitizeResources: false, sanitizeOps: false };

Deno.test("startRunner() on auto takes the engine and says which build", async () => {
  using runner = await startRunner(tiny(), "auto");
  assert.equal(runner.device.name, "engine");
  assert.match(runner.device.reason, /^own WebAssembly, (relaxed )?SIMD$/);
});

Deno.test("startRunner() takes a compiled module", async () => {
  const photo = spots(20, 30), view = letterbox(photo, { width: 32, height: 32 });
  using own = await startRunner(tiny(), "engine");
  const expected = await own.run(photo, view);
  for (const { module } of ENGINE_BUILDS) {
    using runner = await startRunner(tiny(), "auto", module);
    assert.deepEqual(runner.device, { name: "engine", reason: "own WebAssembly, as given" });
    const outputs = await runner.run(photo, view);
    assertAllClose(outputs["grid"]!.data, expected["grid"]!.data, { atol: 1e-5 });
  }
});

Deno.test({
  name: "startRunner() on auto turns to tfjs for what the engine lacks, and says so",
  ...OUTLIVES,
  fn: async () => {
    using runner = await startRunner(deformable(), "auto");
    assert.notEqual(runner.device.name, "engine");
    assert.match(
      runner.device.reason,
      /; not engine: Cannot run op "deformConv" of node "bent" on the engine$/,
    );
    const view = letterbox(spots(8, 8), { width: 8, height: 8 });
    assert.deepEqual((await runner.run(spots(8, 8), view))["y"]!.shape, [8, 8, 4]);
  },
});

Deno.test("startRunner() on the engine by name says why it cannot", async () => {
  await assert.rejects(startRunner(deformable(), "engine"), (error) => {
    assert.ok(error instanceof DeviceUnavailableError);
    assert.equal(
      error.message,
      'Cannot use device "engine": Cannot run op "deformConv" of node "bent" on the engine',
    );
    return true;
  });
});

Deno.test("startRunner() without WebAssembly SIMD says so", async () => {
  const { validate } = WebAssembly;
  WebAssembly.validate = () => false;
  try {
    await assert.rejects(startRunner(tiny(), "engine"), {
      name: "DeviceUnavailableError",
      message: 'Cannot use device "engine": this runtime has no WebAssembly SIMD',
    });
  } finally {
    WebAssembly.validate = validate;
  }
});
