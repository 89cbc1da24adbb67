/**
 * A training step on made-up photos: what the trainer does with a batch, without reading any.
 *
 * @module
 */
import { tf } from "../lib/deps/tfjs.ts";
import { TfNetwork } from "../lib/executors/tf_network.ts";
import { stack } from "../lib/numbers/nd_array.ts";
import { Random } from "../lib/numbers/random.ts";
import { DEFAULT_CONFIG, mergeConfig } from "../lib/training/config.ts";
import type { StepInputs } from "../lib/training/inputs.ts";
import { createOptimizer } from "../lib/training/optimizer.ts";
import type { Remote } from "../lib/training/remote.ts";
import { type ReplicaMethods, Replicas } from "../lib/training/replicas.ts";
import { trainedParts } from "../lib/training/trained_parts.ts";
import { trainableModel } from "../lib/models/trainable.ts";
import { initialWeights } from "../lib/weights/weight_map.ts";

/** What is trained. */
export interface StepOptions {
  /** A detector by name. */
  readonly model: string;
  /** Its settings that differ from its defaults. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Photos in a step. */
  readonly batchSize: number;
  /** Photos that go through the network together; `null` = all. */
  readonly shardSize: number | null;
  /** Parts of the network that stay as they are. Default: none. */
  readonly frozen?: readonly string[];
  /** Threads beside this one. */
  readonly threads: readonly Remote<ReplicaMethods>[];
}

/** Makes steps, by SGD with momentum. */
export interface TrainingStep extends Disposable {
  /** Makes one. */
  run(): Promise<void>;
}

/** Creates a network and a batch for it on the current device. */
export function trainingStep(options: StepOptions): TrainingStep {
  const { batchSize, shardSize, settings, threads, frozen = [] } = options;
  const model = trainableModel(options.model, settings);
  const config = mergeConfig(DEFAULT_CONFIG, {
    model: { name: options.model, settings },
    frozen,
    batchSize,
    shardSize,
  });
  const network = new TfNetwork(
    model.graph,
    initialWeights(model.graph, 1),
    trainedParts(model, frozen),
  );
  const rule = { kind: "sgd", momentum: 0.9, nesterov: false } as const;
  const optimizer = createOptimizer({ rule, weightDecay: 0, clipNorm: null }, network.trained);
  const replicas = new Replicas({ network, model, config, threads });
  const batch = madeUpBatch(model, batchSize);
  return {
    async run() {
      const { terms, gradients, statistics } = await replicas.gradients(batch);
      optimizer.apply(gradients, 1e-4);
      network.updateAverages(statistics);
      for (const term of Object.values(terms)) await term.data();
      tf.dispose([terms, gradients, statistics] as unknown as tf.TensorContainer);
    },
    [Symbol.dispose]() {
      optimizer.dispose();
      network.dispose();
    },
  };
}

/** Noise, with one face in the middle of each photo. */
function madeUpBatch(
  { input: { size }, encodeTargets }: ReturnType<typeof trainableModel>,
  batchSize: number,
): StepInputs {
  const random = new Random(["bench"]);
  const { width, height } = size;
  const truth = {
    boxes: Float32Array.of(0.3 * width, 0.3 * height, 0.7 * width, 0.7 * height),
    ignore: Uint8Array.of(0),
  };
  const photos = Array.from({ length: batchSize }, () => ({
    image: {
      shape: [height, width, 3],
      data: Float32Array.from({ length: height * width * 3 }, () => random.uniform(-1, 1)),
    },
    targets: encodeTargets(truth, size),
  }));
  const names = Object.keys(photos[0]!.targets);
  return {
    inputs: { image: stack(photos.map(({ image }) => image)) },
    targets: Object.fromEntries(
      names.map((name) => [name, stack(photos.map(({ targets }) => targets[name]!))]),
    ),
    truths: photos.map(() => truth),
  };
}
