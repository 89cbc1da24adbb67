/**
 * What a thread of a training does: makes batches, or computes gradients with its copy of the network.
 *
 * @module
 */
import { selectTrainingDevice } from "../backends/training_device.ts";
import type { Batch } from "../datasets/generator.ts";
import { tf } from "../deps/tfjs.ts";
import { TfNetwork } from "../executors/tf_network.ts";
import type { Store } from "../files/store.ts";
import type { TrainableModel } from "../models/trainable_model.ts";
import { trainableModel } from "../models/trainable.ts";
import { createGenerators, type Generators } from "./batches.ts";
import type { InputMethods } from "./pooled_generator.ts";
import type { Handlers } from "./remote.ts";
import {
  copyOut,
  type ReplicaMethods,
  type ReplicaSpec,
  type ShardReport,
  trainedShapes,
} from "./replicas.ts";
import { shardGradients } from "./shard_gradients.ts";
import { claimTasks, viewMemory } from "./shared_arrays.ts";
import type { Shard } from "./shards.ts";
import { trainedParts } from "./trained_parts.ts";

/** All that a thread of a training can be asked for. */
export type TrainingMethods = InputMethods & ReplicaMethods;

/** The handlers of one thread. */
export function trainingHandlers(store: Store): Handlers<TrainingMethods> {
  return { ...inputHandlers(store), ...replicaHandlers() };
}

function inputHandlers(store: Store): Handlers<InputMethods> {
  let generators: Generators | undefined, problems: string[] = [];
  return {
    async openInputs({ config, datasets }) {
      const model = trainableModel(config.model.name, config.model.settings);
      const onProblem = (problem: string) => void problems.push(problem);
      generators = await createGenerators(config, model, datasets, { store, onProblem });
    },
    async batch({ purpose, idx, epoch }, transfer) {
      const batch = await generators![purpose]!.get(idx, epoch);
      transfer.push(...arraysOf(batch).map(({ data }) => data.buffer as ArrayBuffer));
      const found = problems;
      problems = [];
      return { batch, problems: found };
    },
  };
}

function arraysOf({ images, targets }: Batch) {
  return [images, ...Object.values(targets)];
}

function replicaHandlers(): Handlers<ReplicaMethods> {
  let replica: Replica | undefined;
  return {
    async openReplica(spec) {
      // The leader has given the same warnings.
      await selectTrainingDevice(spec.device, () => {}, spec.kernels);
      replica = createReplica(spec);
    },
    async gradients({ step, shards, taken, gradients }) {
      const reports = new Map<number, ShardReport>();
      for (const k of claimTasks(taken, shards.length)) {
        replica!.load(step);
        reports.set(k, await compute(replica!, shards[k]!, gradients[k]!));
      }
      return reports;
    },
  };
}

/** Computes a shard; its gradients go to `memory`. */
async function compute(
  { network, model }: Replica,
  shard: Shard,
  memory: SharedArrayBuffer,
): Promise<ShardReport> {
  const { terms, gradients, statistics } = shardGradients(network, model, shard);
  await copyOut(Object.entries(gradients), viewMemory(trainedShapes(network), memory));
  const read = (tensor: tf.Tensor) => tensor.data<"float32">();
  const report = {
    terms: await mapAsync(terms, async (term) => (await read(term))[0]!),
    statistics: await mapAsync(statistics, async ({ mean, variance }) => ({
      mean: await read(mean),
      variance: await read(variance),
    })),
  };
  tf.dispose([terms, gradients, statistics] as unknown as tf.TensorContainer);
  return report;
}

interface Replica {
  readonly network: TfNetwork;
  readonly model: TrainableModel;
  /** Takes over the leader's weights unless it has those of the step. */
  load(step: number): void;
}

function createReplica({ config, weights, trained }: ReplicaSpec): Replica {
  const model = trainableModel(config.model.name, config.model.settings);
  const network = new TfNetwork(model.graph, weights, trainedParts(model, config.frozen));
  const views = viewMemory(trainedShapes(network), trained), variables = network.trained;
  let loaded = -1;
  return {
    network,
    model,
    load(step) {
      if (step === loaded) return;
      for (const [name, view] of views) {
        const variable = variables.get(name)!;
        tf.tidy(() => variable.assign(tf.tensor(view.slice(), variable.shape)));
      }
      loaded = step;
    },
  };
}

async function mapAsync<From, To>(
  record: Readonly<Record<string, From>>,
  change: (value: From) => Promise<To>,
): Promise<Record<string, To>> {
  const entries: [string, To][] = [];
  for (const [name, value] of Object.entries(record)) entries.push([name, await change(value)]);
  return Object.fromEntries(entries);
}
