import assert from "node:assert/strict";
import { selectTrainingDevice } from "../../lib/backends/training_device.ts";
import { tf } from "../../lib/deps/tfjs.ts";
import { TfNetwork } from "../../lib/executors/tf_network.ts";
import { trainableModel } from "../../lib/models/trainable.ts";
import { measurePhotoMs, photosThatFit } from "../../lib/training/cost.ts";
import { initialWeights } from "../../lib/weights/weight_map.ts";
import { assertSameArrays } from "../_support/same.ts";

const MIB = 2 ** 20;

Deno.test("photosThatFit() counts the largest activation: 320x320x64 floats of tinaface's stem, 25 MiB", () => {
  const model = trainableModel("tinaface");
  // 128 MiB is what a software WebGPU adapter binds at once
  assert.equal(photosThatFit(model, 128 * MIB), 5);
  assert.equal(photosThatFit(model, 25 * MIB), 1);
  assert.throws(() => photosThatFit(model, 24 * MIB), {
    name: "RangeError",
    message: /an activation of one photo takes 25 MiB, its buffers hold 24 MiB/,
  });
});

Deno.test({
  name: "measurePhotoMs() takes its time, keeps no tensor and changes no weight",
  sanitizeResources: false, // the backend outlives the test that started it
  sanitizeOps: false,
  fn: async () => {
    await selectTrainingDevice("wasm", (warning) => assert.fail(warning));
    const model = trainableModel("tiny", { inputSize: 64, gridSize: 2 });
    using network = new TfNetwork(model.graph, initialWeights(model.graph, 1), ["head"]);
    const before = await network.weights(), { numTensors } = tf.memory();
    assert.ok(await measurePhotoMs(network, model) > 0);
    assert.equal(tf.memory().numTensors, numTensors);
    assertSameArrays(await network.weights(), before);
  },
});
