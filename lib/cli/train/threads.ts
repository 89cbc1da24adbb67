/**
 * The threads of a training: some compute gradients, some make batches.
 *
 * @module
 */
import type { DeviceName } from "../../backends/device.ts";
import { type Remote, remote } from "../../training/remote.ts";
import type { TrainingMethods } from "../../training/worker_handlers.ts";

/** Threads beside the one that leads. */
export interface TrainThreads extends Disposable {
  /** Compute gradients. */
  readonly replicas: readonly Remote<TrainingMethods>[];
  /** Make batches. */
  readonly inputs: readonly Remote<TrainingMethods>[];
}

/** Threads that compute, where the user does not say: WebGPU has one queue, the others a core each. */
export function defaultWorkers(device: DeviceName): number {
  return device === "wasm" ? navigator.hardwareConcurrency : 1;
}

/**
 * Threads that make batches for so many that compute. Photos from the cache keep one busy a fifth of
 * the time for each that computes, so most of them rest; the epoch that fills the cache, with 50 to
 * 100 ms a photo, needs them all.
 */
export function inputThreads(workers: number): number {
  return Math.min(workers, 4);
}

/**
 * Starts the threads of a training; they end with the `using` block.
 *
 * @param workers Threads that compute, the leader included.
 * @param inputCount Threads that make batches.
 */
export function startThreads(workers: number, inputCount = inputThreads(workers)): TrainThreads {
  const start = (kind: string, count: number) =>
    Array.from({ length: count }, (_, k) =>
      remote<TrainingMethods>(
        new Worker(new URL("./worker.ts", import.meta.url), { type: "module" }),
        `${kind} thread ${k + 1}`,
      ));
  const replicas = start("training", workers - 1);
  const inputs = start("input", inputCount);
  return {
    replicas,
    inputs,
    [Symbol.dispose]() {
      for (const thread of [...replicas, ...inputs]) thread.close();
    },
  };
}
