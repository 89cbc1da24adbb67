/**
 * What a training costs on a device, known before it starts: time, and tensors too large to hold.
 *
 * @module
 */
import { tf } from "../deps/tfjs.ts";
import type { TfNetwork } from "../executors/tf_network.ts";
import { summarize } from "../graph/analysis.ts";
import type { TrainableModel } from "../models/trainable_model.ts";
import { stack } from "../numbers/nd_array.ts";
import { shardGradients } from "./shard_gradients.ts";

/** Up to here a second measurement is cheap, and free of what only the first one pays for. */
const WORTH_REPEATING_MS = 5000;

/**
 * Milliseconds that one photo costs in a step, forward and backward, on the current device; measured
 * with an empty photo. Changes nothing.
 */
export async function measurePhotoMs(network: TfNetwork, model: TrainableModel): Promise<number> {
  const first = await onePhoto(network, model);
  return first < WORTH_REPEATING_MS ? await onePhoto(network, model) : first;
}

async function onePhoto(network: TfNetwork, model: TrainableModel): Promise<number> {
  const { width, height } = model.input.size;
  const image = { shape: [1, height, width, 3], data: new Float32Array(height * width * 3) };
  const truth = { boxes: new Float32Array(0), ignore: new Uint8Array(0) };
  const targets = Object.fromEntries(
    Object.entries(model.encodeTargets(truth, model.input.size))
      .map(([name, array]) => [name, stack([array])]),
  );
  const start = performance.now();
  const input = network.graph.nodes[0]!.name;
  const gradients = shardGradients(network, model, {
    inputs: { [input]: image },
    targets,
    share: 1,
  });
  await Object.values(gradients.gradients)[0]!.data(); // on a GPU, nothing is done before this
  const elapsed = performance.now() - start;
  tf.dispose(gradients as unknown as tf.TensorContainer);
  return elapsed;
}

/**
 * Photos whose largest activation fits a buffer of the device together.
 *
 * @param maxTensorBytes The device's limit.
 * Throws a `RangeError` when not even one photo's does.
 */
export function photosThatFit(
  { name, graph, input }: TrainableModel,
  maxTensorBytes: number,
): number {
  const { largestActivationBytes } = summarize(graph, input.size);
  const photos = Math.floor(maxTensorBytes / largestActivationBytes);
  if (photos >= 1) return photos;
  const mebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  throw new RangeError(
    `Cannot train "${name}" on this device: an activation of one photo takes ` +
      `${mebibytes(largestActivationBytes)}, its buffers hold ${mebibytes(maxTensorBytes)}; ` +
      "a smaller inputSize may fit",
  );
}
