/**
 * Data-parallel gradients: the shards of a batch go through copies of the network on several threads.
 *
 * The leader holds the weights that count and alone moves them. Before a step it puts the trained ones
 * and the batch into memory that all threads share. Each thread, the leader included, takes a shard,
 * computes it, and takes the next, until none is left: one that other programs slow down computes
 * fewer. Gradients are left in shared memory, where the leader adds them up in the order of the
 * shards. So the sum is the same, bit for bit, whoever computed its parts.
 *
 * @module
 */
import { tf } from "../deps/tfjs.ts";
import type { DeviceName } from "../backends/device.ts";
import type { Gradients, TfNetwork } from "../executors/tf_network.ts";
import { registeredBuild, type TrainingBuild } from "../kernels/register.ts";
import type { TrainableModel } from "../models/trainable_model.ts";
import type { NdArray } from "../numbers/nd_array.ts";
import type { TrainConfig } from "./config.ts";
import type { StepInputs } from "./inputs.ts";
import type { Remote } from "./remote.ts";
import { explainMemory } from "./out_of_memory.ts";
import { joinShards, mapValues, shardGradients } from "./shard_gradients.ts";
import { claimTasks, type Shapes, shareMemory, viewMemory } from "./shared_arrays.ts";
import { type Shard, shardCount, shardsOf } from "./shards.ts";

/** What a thread with a copy of the network can be asked for. */
export type ReplicaMethods = {
  /** Creates the copy; comes first. */
  openReplica: (spec: ReplicaSpec) => void;
  /** Computes the gradients of shards while there are any to take; gives their reports by number. */
  gradients: (request: GradientRequest) => ReadonlyMap<number, ShardReport>;
};

/** A copy of the leader's network; plain data. */
export interface ReplicaSpec {
  /** The config of the run. */
  readonly config: TrainConfig;
  /** Where to compute: where the leader does. */
  readonly device: DeviceName;
  /** What gradients run on there, where there is a choice. */
  readonly kernels: TrainingBuild | undefined;
  /** All weights. */
  readonly weights: ReadonlyMap<string, NdArray>;
  /** The trained weights of the current step, by the shapes of the network's `trained`. */
  readonly trained: SharedArrayBuffer;
}

/** The shards of a batch to compute; all arrays lie in shared memory. */
export interface GradientRequest {
  /** Changes when the weights do. */
  readonly step: number;
  /** All shards of the batch. */
  readonly shards: readonly Shard[];
  /** Counts those that are taken, see `claimTasks`. */
  readonly taken: SharedArrayBuffer;
  /** Take the gradients of each shard, by the shapes of the network's `trained`. */
  readonly gradients: readonly SharedArrayBuffer[];
}

/** What a shard gave beside its gradients. */
export interface ShardReport {
  /** Terms of the loss times the shard's share. */
  readonly terms: Readonly<Record<string, number>>;
  /** What the batch norms saw. */
  readonly statistics: Readonly<Record<string, { mean: Float32Array; variance: Float32Array }>>;
}

/** What {@linkcode Replicas} needs. */
export interface ReplicasOptions {
  /** The leader's network. */
  readonly network: TfNetwork;
  /** The model. */
  readonly model: TrainableModel;
  /** The config of the run. */
  readonly config: TrainConfig;
  /** Threads beside the leader. */
  readonly threads: readonly Remote<ReplicaMethods>[];
}

/** The network of a training and its copies on other threads. */
export class Replicas {
  readonly #options: ReplicasOptions;
  readonly #shapes: Shapes;
  #trained: SharedArrayBuffer | undefined;
  #taken = new SharedArrayBuffer(4);
  #slots: SharedArrayBuffer[] = [];
  #batch = new Map<string, SharedArrayBuffer>();
  #step = 0;

  /** Nothing is sent before the first {@linkcode Replicas.gradients}. */
  constructor(options: ReplicasOptions) {
    this.#options = options;
    this.#shapes = trainedShapes(options.network);
  }

  /**
   * Gradients of a batch: the mean of those of its photos.
   *
   * Rejects with a `WorkerLostError` when a thread has died.
   *
   * @returns Tensors owned by the caller.
   */
  async gradients(batch: StepInputs): Promise<Gradients> {
    const { network, model, config, threads } = this.#options;
    const isShared = threads.length > 0 && shardCount(batch.truths.length, config.shardSize) > 1;
    const shards = shardsOf(isShared ? this.#inSharedMemory(batch) : batch, config.shardSize);
    new Int32Array(this.#taken).fill(0);
    const answers = isShared ? await this.#ask(shards) : [];
    const parts: (Gradients | undefined)[] = shards.map(() => undefined);
    try {
      for (const k of claimTasks(this.#taken, shards.length)) {
        parts[k] = shardGradients(network, model, shards[k]!);
      }
      for (const reports of await Promise.all(answers)) {
        for (const [k, report] of reports) parts[k] = this.#receive(report, k);
      }
      return joinShards(parts as Gradients[], shards.map(({ share }) => share));
    } catch (error) {
      tf.dispose(parts as unknown as tf.TensorContainer);
      throw explainMemory(error, network, model, shards);
    }
  }

  /** The batch as the threads can see it, until the next one. */
  #inSharedMemory(batch: StepInputs): StepInputs {
    const share = ({ shape, data }: NdArray, name: string): NdArray => {
      let memory = this.#batch.get(name);
      if (memory === undefined || memory.byteLength < data.byteLength) {
        this.#batch.set(name, memory = new SharedArrayBuffer(data.byteLength));
      }
      const shared = new Float32Array(memory, 0, data.length);
      shared.set(data);
      return { shape, data: shared };
    };
    return {
      ...batch,
      inputs: mapValues(batch.inputs, (array, name) => share(array, `inputs/${name}`)),
      targets: mapValues(batch.targets, (array, name) => share(array, `targets/${name}`)),
    };
  }

  /** Has the threads see the weights of this step. */
  async #publish(): Promise<void> {
    const { network, config, threads } = this.#options;
    this.#step++;
    const isFirst = this.#trained === undefined;
    const memory = this.#trained ??= shareMemory(this.#shapes);
    await copyOut(network.trained, viewMemory(this.#shapes, memory));
    if (!isFirst) return;
    const weights = await network.weights();
    const device = tf.getBackend() as DeviceName;
    const spec = { config, device, kernels: registeredBuild(), weights, trained: memory };
    await Promise.all(threads.map((thread) => thread.call("openReplica", spec)));
  }

  /** Has the threads take shards; their answers come when nothing is left to take. */
  async #ask(shards: readonly Shard[]): Promise<Promise<ReadonlyMap<number, ShardReport>>[]> {
    await this.#publish();
    const request: GradientRequest = {
      step: this.#step,
      shards,
      taken: this.#taken,
      gradients: shards.map((_, k) => this.#slots[k] ??= shareMemory(this.#shapes)),
    };
    const answers = this.#options.threads.slice(0, shards.length - 1)
      .map((thread) => thread.call("gradients", request));
    for (const answer of answers) answer.catch(() => {}); // awaited by the caller
    return answers;
  }

  /** What a thread computed, as tensors. */
  #receive({ terms, statistics }: ShardReport, k: number): Gradients {
    const views = viewMemory(this.#shapes, this.#slots[k]!);
    return {
      terms: mapValues(terms, (term) => tf.scalar(term)),
      gradients: Object.fromEntries(
        [...views].map(([name, view]) => [
          name,
          tf.tensor(view.slice(), [...this.#shapes.get(name)!]), // its own: the view changes
        ]),
      ),
      statistics: mapValues(statistics, ({ mean, variance }) => ({
        mean: tf.tensor1d(mean),
        variance: tf.tensor1d(variance),
      })),
    };
  }
}

/** The shapes of a network's trained weights, by name. */
export function trainedShapes(network: TfNetwork): Shapes {
  return new Map([...network.trained].map(([name, { shape }]) => [name, shape]));
}

/** Copies tensors off the device into memory. */
export async function copyOut(
  tensors: Iterable<readonly [string, tf.Tensor]>,
  memory: ReadonlyMap<string, Float32Array>,
): Promise<void> {
  for (const [name, tensor] of tensors) memory.get(name)!.set(await tensor.data<"float32">());
}
