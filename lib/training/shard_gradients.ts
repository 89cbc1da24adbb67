/**
 * The gradients of a batch from those of its shards.
 *
 * @module
 */
import { toActivations } from "../detector/predict.ts";
import { tf } from "../deps/tfjs.ts";
import type { BatchStatistics, Gradients, TfNetwork } from "../executors/tf_network.ts";
import type { TrainableModel } from "../models/trainable_model.ts";
import type { NdArray } from "../numbers/nd_array.ts";
import type { Shard } from "./shards.ts";

/** Puts arrays on the device. The tensors are the caller's to dispose. */
export function toTensors(arrays: Readonly<Record<string, NdArray>>): Record<string, tf.Tensor> {
  return mapValues(arrays, ({ shape, data }) => tf.tensor(data, [...shape]));
}

/**
 * One forward and backward pass of a shard. Its loss is multiplied by its share, so that what the
 * shards of a batch give adds up to the batch's.
 *
 * @returns Tensors owned by the caller; the statistics are the shard's own.
 */
export function shardGradients(
  network: TfNetwork,
  model: TrainableModel,
  { inputs, targets, share }: Shard,
): Gradients {
  const activations = toActivations(inputs), wanted = toTensors(targets);
  const forced = mapValues(model.forced ?? {}, (target) => wanted[target] as tf.Tensor4D);
  try {
    return network.gradients(activations, (outputs) => {
      const terms = model.loss(outputs, wanted);
      return share === 1 ? terms : mapValues(terms, (term) => tf.mul(term, share) as tf.Scalar);
    }, forced);
  } catch (error) {
    releaseTape();
    throw error;
  } finally {
    tf.dispose([activations, wanted] as unknown as tf.TensorContainer);
  }
}

/** Frees the activations that tfjs keeps for a backward pass, which an error has cut short. */
function releaseTape(): void {
  const { state } = tf.engine();
  for (const { saved } of state.activeTape ?? []) saved?.forEach((tensor) => tensor.dispose());
  state.activeTape = [];
}

/**
 * Adds up what the shards of a batch gave, always in their order; the statistics become those of the
 * whole batch.
 *
 * @param parts At least one; used up.
 * @returns Tensors owned by the caller.
 */
export function joinShards(parts: readonly Gradients[], shares: readonly number[]): Gradients {
  const [first] = parts;
  if (parts.length === 1) return first!;
  const joined = tf.tidy(() => ({
    terms: mapValues(first!.terms, (_, name) => add(parts.map((part) => part.terms[name]!))),
    gradients: mapValues(
      first!.gradients,
      (_, name) => add(parts.map((part) => part.gradients[name]!)),
    ),
    statistics: pool(parts.map((part) => part.statistics), shares),
    // tfjs' type of containers knows no nested records.
  } as unknown as tf.TensorContainer)) as unknown as Gradients;
  tf.dispose(parts as unknown as tf.TensorContainer);
  return joined;
}

function add<T extends tf.Tensor>(tensors: readonly T[]): T {
  return tensors.reduce((sum, tensor) => tf.add(sum, tensor) as T);
}

type Statistics = Gradients["statistics"];

/**
 * Mean and variance of a whole from those of its parts: theirs within, and that between them. All
 * batch norms are put end to end, because an operation costs more than its few numbers.
 */
function pool(parts: readonly Statistics[], shares: readonly number[]): Statistics {
  const names = Object.keys(parts[0]!);
  if (names.length === 0) return {};
  const joined = (of: keyof BatchStatistics) =>
    parts.map((part) => tf.concat1d(names.map((name) => part[name]![of])));
  const weighted = (tensors: readonly tf.Tensor[]) =>
    add(tensors.map((tensor, k) => tf.mul(tensor, shares[k]!)));
  const means = joined("mean"), mean = weighted(means);
  const variance = weighted(
    joined("variance").map((within, k) => tf.add(within, tf.square(tf.sub(means[k]!, mean)))),
  );
  const sizes = names.map((name) => parts[0]![name]!.mean.size);
  const [splitMean, splitVariance] = [mean, variance].map((x) => tf.split(x, sizes)) as [
    tf.Tensor1D[],
    tf.Tensor1D[],
  ];
  return Object.fromEntries(
    names.map((name, i) => [name, { mean: splitMean[i]!, variance: splitVariance[i]! }]),
  );
}

/** A record with each value changed. */
export function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  change: (value: From, name: string) => To,
): Record<string, To> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, change(value, name)]),
  );
}
