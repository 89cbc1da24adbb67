/**
 * What the trained part of a network is fed with: images, or, where everything up to a point is
 * frozen, the activations there, computed once and kept.
 *
 * @module
 */
import { ahead } from "../datasets/ahead.ts";
import type { Batch, Generator } from "../datasets/generator.ts";
import { fromActivations, type NetworkInputs, toActivations } from "../detector/predict.ts";
import { tf } from "../deps/tfjs.ts";
import type { TfNetwork } from "../executors/tf_network.ts";
import type { Truth } from "../models/detector_model.ts";
import { type NdArray, stack, unstack } from "../numbers/nd_array.ts";

/** One step's worth of network inputs and what should come out. */
export interface StepInputs {
  /** Arrays by node name, `[B, …]`. */
  readonly inputs: NetworkInputs;
  /** Targets by name, `[B, …]`. */
  readonly targets: Readonly<Record<string, NdArray>>;
  /** The true faces, in pixels of the network input. */
  readonly truths: readonly Truth[];
}

/** Gives the batches of an epoch from `start` on. */
export interface InputSource {
  /** Batches in an epoch. */
  readonly length: number;
  /** Batches of an epoch, in order. */
  batches(epoch: number, start?: number): AsyncIterable<StepInputs>;
}

/** Feeds images. */
export function imageInputs(generator: Generator): InputSource {
  return {
    length: generator.length,
    async *batches(epoch, start = 0) {
      for await (const { images, targets, truths } of generator.batches(epoch, start)) {
        yield { inputs: { image: images }, targets, truths };
      }
    },
  };
}

/** One sample as it is kept. */
interface Kept {
  readonly inputs: NetworkInputs;
  readonly targets: Readonly<Record<string, NdArray>>;
  readonly truth: Truth;
}

/**
 * Feeds the activations at which the frozen part of a network ends; images when nothing is frozen.
 * For samples that later epochs show again: each goes through the frozen part once, and is kept in
 * memory.
 */
export function frozenInputs(generator: Generator, network: TfNetwork): InputSource {
  const frontier = network.frontier;
  const input = network.graph.nodes[0]!.name;
  if (frontier.length === 0 || frontier.includes(input)) return imageInputs(generator);
  const kept = new Map<string, Kept>();

  // One photo at a time: then its activations do not depend on its neighbours in the batch, not even
  // by rounding, and a resumed run computes the same ones.
  async function compute({ images, targets, truths, keys }: Batch): Promise<StepInputs> {
    const samples: Kept[] = [];
    const splitTargets = splitSamples(targets);
    for (const [i, image] of unstack(images).entries()) {
      const activations = tf.tidy(() =>
        network.predict(toActivations({ [input]: stack([image]) }), frontier)
      );
      const [inputs] = splitSamples(await fromActivations(activations));
      const sample = { inputs: inputs!, targets: splitTargets[i]!, truth: truths[i]! };
      kept.set(keys[i]!, sample);
      samples.push(sample);
    }
    return joinSamples(samples);
  }

  return {
    length: generator.length,
    async *batches(epoch, start = 0) {
      const { length, lookAhead } = generator;
      const keysOf = (idx: number) => generator.keys(idx, epoch);
      const isKept = (idx: number) => keysOf(idx).every((key) => kept.has(key));
      // What is kept is joined when its turn comes, the rest is read ahead of it.
      const read = async (idx: number) => isKept(idx) ? idx : await generator.get(idx, epoch);
      for await (const batch of ahead(start, length, lookAhead, read)) {
        if (typeof batch === "number") yield joinSamples(keysOf(batch).map((k) => kept.get(k)!));
        else if (batch.ids.length > 0) yield await compute(batch);
      }
    },
  };
}

function splitSamples(arrays: NetworkInputs): Record<string, NdArray>[] {
  const samples: Record<string, NdArray>[] = [];
  for (const [name, array] of Object.entries(arrays)) {
    unstack(array).forEach((part, i) => (samples[i] ??= {})[name] = part);
  }
  return samples;
}

function joinSamples(samples: readonly Kept[]): StepInputs {
  const join = (of: (sample: Kept) => NetworkInputs) =>
    Object.fromEntries(
      Object.keys(of(samples[0]!)).map((name) => [name, stack(samples.map((s) => of(s)[name]!))]),
    );
  return {
    inputs: join((sample) => sample.inputs),
    targets: join((sample) => sample.targets),
    truths: samples.map((sample) => sample.truth),
  };
}
