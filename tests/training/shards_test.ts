// Splitting a batch into shards, and putting together what they give.
import assert from "node:assert/strict";
import fc from "fast-check";
import { selectTrainingDevice } from "../../lib/backends/training_device.ts";
import { tf } from "../../lib/deps/tfjs.ts";
import { TfNetwork } from "../../lib/executors/tf_network.ts";
import { GraphBuilder } from "../../lib/graph/builder.ts";
import type { TrainableModel } from "../../lib/models/trainable_model.ts";
import { stack } from "../../lib/numbers/nd_array.ts";
import type { StepInputs } from "../../lib/training/inputs.ts";
import { joinShards, shardGradients } from "../../lib/training/shard_gradients.ts";
import { photosIn, shardCount, shardsOf } from "../../lib/training/shards.ts";
import { eachBackend } from "../_support/backends.ts";
import { assertAllClose, assertClose } from "../_support/close.ts";
import { expectNoTensorLeak } from "../_support/leaks.ts";
import { liveWeights, noisePhotos, smallGraph } from "../executors/small_network.ts";

/** A batch of photos; each one's target is its number. */
function batchOf(photos: number, side = 1): StepInputs {
  return {
    inputs: { image: noisePhotos(photos, side) },
    targets: {
      number: stack(
        Array.from({ length: photos }, (_, i) => ({ shape: [1, 1, 1], data: Float32Array.of(i) })),
      ),
    },
    truths: Array.from({ length: photos }, () => ({
      boxes: new Float32Array(),
      ignore: new Uint8Array(),
    })),
  };
}

Deno.test("shardsOf() splits a batch into equal parts that make it up", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 40 }),
      (photos, size) => {
        const batch = batchOf(photos), shards = shardsOf(batch, size);
        assert.equal(shards.length, shardCount(photos, size));
        const sizes = shards.map(photosIn);
        assert.ok(Math.max(...sizes) <= size && Math.max(...sizes) - Math.min(...sizes) <= 1);
        assert.deepEqual(shards.map(({ share }) => share), sizes.map((n) => n / photos));
        for (const [name, of] of [["image", "inputs"], ["number", "targets"]] as const) {
          const parts = shards.map((shard) => shard[of][name]!);
          assert.deepEqual(parts.flatMap(({ data }) => [...data]), [...batch[of][name]!.data]);
          for (const { shape, data } of parts) {
            assert.equal(
              shape.reduce((a, b) => a * b),
              data.length,
            );
          }
        }
      },
    ),
  );
});

Deno.test("shardsOf() leaves a batch whole when there is no size to keep to", () => {
  const batch = batchOf(5);
  for (const size of [null, 5, 6]) {
    assert.deepEqual(shardsOf(batch, size), [
      { inputs: batch.inputs, targets: batch.targets, share: 1 },
    ]);
  }
});

/** A model that has nothing but a graph and a loss: the mean of (output − number of the photo)². */
function modelOf(graph: TrainableModel["graph"]): TrainableModel {
  return {
    graph,
    loss: (outputs: Record<string, tf.Tensor>, { number }: Record<string, tf.Tensor>) => ({
      squared: tf.mean(tf.squaredDifference(outputs["score"]!, number!)) as tf.Scalar,
    }),
  } as unknown as TrainableModel;
}

/** Two convolutions and no batch norm: photos have nothing to do with each other. */
function independentGraph() {
  const builder = new GraphBuilder();
  const image = builder.add("input", "image", [], { channels: 3 });
  const options = { stride: 2, padding: "same", bias: true } as const;
  const stem = builder.add("conv", "stem", [image], { kernel: 3, filters: 5, ...options });
  const relu = builder.add("relu", "relu", [stem], {});
  return builder.finish({
    score: builder.add("conv", "score", [relu], { kernel: 1, filters: 2, ...options }),
  });
}

/** What shards of this size give together. */
async function gradientsBy(graph: TrainableModel["graph"], size: number | null) {
  using network = new TfNetwork(graph, liveWeights(graph), graph.nodes.map(({ part }) => part));
  const shards = shardsOf(batchOf(7, 8), size);
  const joined = joinShards(
    shards.map((shard) => shardGradients(network, modelOf(graph), shard)),
    shards.map(({ share }) => share),
  );
  const read = async (tensors: Record<string, tf.Tensor>) =>
    new Map(
      await Promise.all(
        Object.entries(tensors).map(async ([name, tensor]) => [name, await tensor.data()] as const),
      ),
    );
  const numbers = {
    terms: await read(joined.terms),
    gradients: await read(joined.gradients),
    statistics: await Promise.all(
      Object.values(joined.statistics).map(({ mean, variance }) => read({ mean, variance })),
    ),
  };
  tf.dispose(joined as unknown as tf.TensorContainer);
  return numbers;
}

eachBackend("shards give the gradient of the whole batch, rounding apart", async (device) => {
  await selectTrainingDevice(device, assert.fail);
  const graph = independentGraph();
  await expectNoTensorLeak(async () => {
    const whole = await gradientsBy(graph, null);
    for (const size of [1, 3, 4]) {
      const { terms, gradients } = await gradientsBy(graph, size);
      assertClose(terms.get("squared")![0]!, whole.terms.get("squared")![0]!);
      assert.deepEqual([...gradients.keys()], [...whole.gradients.keys()]);
      for (const [name, gradient] of gradients) {
        assertAllClose(gradient, whole.gradients.get(name)!, { rtol: 1e-4, atol: 1e-5 });
      }
    }
  });
}, ["wasm", "cpu"]);

eachBackend("shards pool what the first batch norm of the whole batch sees", async (device) => {
  await selectTrainingDevice(device, assert.fail);
  const [whole] = (await gradientsBy(smallGraph(), null)).statistics;
  const [pooled] = (await gradientsBy(smallGraph(), 3)).statistics;
  for (const name of ["mean", "variance"]) {
    assertAllClose(pooled!.get(name)!, whole!.get(name)!, { rtol: 1e-4, atol: 1e-6 });
  }
}, ["wasm", "cpu"]);
