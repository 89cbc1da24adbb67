/**
 * What to do when a step does not fit into the memory of the device.
 *
 * @module
 */
import { tf } from "../deps/tfjs.ts";
import type { TfNetwork } from "../executors/tf_network.ts";
import type { TrainableModel } from "../models/trainable_model.ts";
import { shardGradients } from "./shard_gradients.ts";
import { firstPhotos, photosIn, type Shard } from "./shards.ts";

/** An allocation that failed, here (`wasm_host.ts`) or, class lost on the way, in another thread. */
function isMemoryError(error: unknown): error is Error {
  return error instanceof Error && error.message.startsWith("Cannot allocate ");
}

/**
 * The error of a step, with the number of photos that would fit where memory was the trouble. Half as
 * many are tried, and half of those, so the number is one that has worked.
 *
 * @param shards Those of the step.
 */
export function explainMemory(
  error: unknown,
  network: TfNetwork,
  model: TrainableModel,
  shards: readonly Shard[],
): unknown {
  if (!isMemoryError(error)) return error;
  const largest = shards.reduce((a, b) => photosIn(a) >= photosIn(b) ? a : b);
  const photos = photosIn(largest);
  let fitting = photos >> 1;
  while (fitting > 0 && !fits(network, model, firstPhotos(largest, fitting))) fitting >>= 1;
  const advice = fitting === 0
    ? "not even one fits: train a smaller model or input"
    : `${fitting} fit: try --set shardSize=${fitting} (or --batch-size ${fitting})`;
  return new RangeError(`Cannot train on ${photos} photos at a time, ${advice}`, { cause: error });
}

function fits(network: TfNetwork, model: TrainableModel, shard: Shard): boolean {
  try {
    tf.dispose(shardGradients(network, model, shard) as unknown as tf.TensorContainer);
    return true;
  } catch (error) {
    if (isMemoryError(error)) return false;
    throw error;
  }
}
