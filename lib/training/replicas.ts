/**
 * Data-parallel gradients: the shards of a batch go through copies of the network on several threads.
 *
 * The leader holds the weights that count and alone moves them. Before a step it puts the trained ones
 * into memory that all threads share; each thread reads them there, and leaves its gradients in
 * shared memory, where the leader adds them up in the order of the shards. So the sum is the same, bit
 * for bit, whoever computed its parts.
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
import { type Shapes, shareMemory, viewMemory } from "./shared_arrays.ts";
import { type Shard, shardsOf } from "./shards.ts";

/** What a thread with a copy of the network can be asked for. */
export type ReplicaMethods = {
  /** Creates the copy; comes first. */
  openReplica: (spec: ReplicaSpec) => void;
  /** Computes the gradients of a shard. */
  gradients: (request: GradientRequest) => ShardReport;
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

/** A shard to compute. */
export interface GradientRequest {
  /** Changes when the weights do. */
  readonly step: number;
  /** The shard. */
  readonly shard: Shard;
  /** Takes the gradients, by the shapes of the network's `trained`. */
  readonly gradients: SharedArrayBuffer;
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
  #slots: SharedArrayBuffer[] = [];
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
    const shards = shardsOf(batch, config.shardSize ?? null);
    const places = threads.length + 1;
    const isLocal = (k: number) => k % places === 0;
    if (!shards.every((_, k) => isLocal(k))) await this.#publish();
    const reports = shards.map((shard, k) =>
      isLocal(k) ? undefined : this.#ask(threads[k % places - 1]!, shard, k)
    );
    for (const report of reports) report?.catch(() => {}); // awaited below
    const own: (Gradients | undefined)[] = [];
    try {
      for (const [k, shard] of shards.entries()) {
        own.push(isLocal(k) ? shardGradients(network, model, shard) : undefined);
      }
      const answers = await Promise.all(reports);
      const parts = own.map((part, k) => part ?? this.#receive(answers[k]!, k));
      return joinShards(parts, shards.map(({ share }) => share));
    } catch (error) {
      tf.dispose(own as unknown as tf.TensorContainer);
      throw explainMemory(error, network, model, shards);
    }
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

  #ask(thread: Remote<ReplicaMethods>, shard: Shard, k: number): Promise<ShardReport> {
    // Copies of its own, so that they can be handed over without the rest of the batch.
    const own = (arrays: Shard["inputs"]) =>
      mapValues(arrays, ({ shape, data }) => ({ shape, data: data.slice() }));
    const inputs = own(shard.inputs), targets = own(shard.targets);
    const request: GradientRequest = {
      step: this.#step,
      shard: { ...shard, inputs, targets },
      gradients: this.#slot(k),
    };
    const arrays = [...Object.values(inputs), ...Object.values(targets)];
    return thread.call("gradients", request, arrays.map(({ data }) => data.buffer));
  }

  #slot(k: number): SharedArrayBuffer {
    return this.#slots[k] ??= shareMemory(this.#shapes);
  }

  /** What a thread computed, as tensors. */
  #receive({ terms, statistics }: ShardReport, k: number): Gradients {
    const views = viewMemory(this.#shapes, this.#slot(k));
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
