import assert from "node:assert/strict";
import { denoStore } from "../../../lib/cli/deno_store.ts";
import { type FinderRequest, openFinder } from "../../../lib/cli/evaluate/finder.ts";
import { startWorkerFinder } from "../../../lib/cli/evaluate/worker_finder.ts";
import { createDetector } from "../../../lib/detector/detector.ts";
import { UnreadablePhotoError } from "../../../lib/evaluation/find_faces.ts";
import { inferenceModel } from "../../../lib/models/registry.ts";
import { encodeModel } from "../../../lib/weights/model_file.ts";
import { initialWeights } from "../../../lib/weights/weight_map.ts";

/** Weights (random ones: what they find does not matter) in a file. */
async function withWeights(run: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile({ suffix: ".safetensors" });
  try {
    const model = inferenceModel("tiny");
    await Deno.writeFile(path, encodeModel(model, initialWeights(model.graph, 1)));
    await run(path);
  } finally {
    await Deno.remove(path);
  }
}

const requestOf = (weights: string): FinderRequest => ({
  weights,
  device: "cpu",
  protocol: "vga",
  nmsThreshold: 0.45,
});

Deno.test("startWorkerFinder() finds in a worker what openFinder() finds here", () =>
  withWeights(async (weights) => {
    const photo = { path: "data/samples/sample1.jpg", orientation: "upright" } as const;
    const there = await startWorkerFinder(requestOf(weights));
    const here = await openFinder(denoStore, createDetector, requestOf(weights));
    try {
      assert.deepEqual(
        [there.model, there.device, there.inputSize],
        [here.model, here.device, here.inputSize],
      );
      const { detectMs: _, ...found } = await there.find(photo);
      const { detectMs: __, ...expected } = await here.find(photo);
      assert.ok(expected.faces.length > 0);
      assert.deepEqual(found, expected);
      await assert.rejects(there.find({ path: "gone.jpg", orientation: "stored" }), (error) => {
        assert.ok(error instanceof UnreadablePhotoError);
        assert.match(error.message, /^Cannot read "gone\.jpg": there is no such file/);
        return true;
      });
      assert.deepEqual((await there.find(photo)).faces, expected.faces);
    } finally {
      there.dispose();
      here.dispose();
    }
  }));

Deno.test("startWorkerFinder() passes on why there is no detector, with its exit code", async () => {
  await assert.rejects(startWorkerFinder(requestOf("gone.safetensors")), {
    name: "CliError",
    exitCode: 3,
    message: /^Cannot read "gone\.safetensors": there is no such file/,
  });
});
