/**
 * Batches that other threads make ahead of their use.
 *
 * @module
 */
import { ahead } from "../datasets/ahead.ts";
import type { Batch, Generator } from "../datasets/generator.ts";
import type { Datasets, Purpose } from "./batches.ts";
import type { TrainConfig } from "./config.ts";
import type { Remote } from "./remote.ts";

/** What a thread that makes batches can be asked for. */
export type InputMethods = {
  /** Creates the generators; comes first. */
  openInputs: (spec: InputSpec) => void;
  /** Makes a batch; its arrays are handed over. */
  batch: (which: { purpose: Purpose; idx: number; epoch: number }) => MadeBatch;
};

/** What the generators of a training depend on; plain data. */
export interface InputSpec {
  /** Its config. */
  readonly config: TrainConfig;
  /** Its photos. */
  readonly datasets: Datasets;
}

/** A batch, and what was found wrong on the way. */
export interface MadeBatch {
  /** As {@linkcode Generator.get} gives it. */
  readonly batch: Batch;
  /** One sentence each. */
  readonly problems: readonly string[];
}

/** Batches for each thread that are under way or wait for their use. */
const BATCHES_AHEAD = 2;

/**
 * The same batches as those of a generator, made by threads that have had `openInputs`.
 *
 * @param threads At least one; they take turns.
 * @param onProblem Is told what was found wrong, each thing once.
 */
export function pooledGenerator(
  local: Generator,
  purpose: Purpose,
  threads: readonly Remote<InputMethods>[],
  onProblem: (problem: string) => void,
): Generator {
  const lookAhead = BATCHES_AHEAD * threads.length;
  const reported = new Set<string>();
  let turn = 0;

  async function get(idx: number, epoch = 0): Promise<Batch> {
    const thread = threads[turn++ % threads.length]!;
    const { batch, problems } = await thread.call("batch", { purpose, idx, epoch });
    for (const problem of problems) {
      if (!reported.has(problem)) onProblem(problem);
      reported.add(problem);
    }
    return batch;
  }

  return {
    ...local,
    lookAhead,
    get,
    async *batches(epoch = 0, start = 0) {
      for await (const batch of ahead(start, local.length, lookAhead, (idx) => get(idx, epoch))) {
        if (batch.ids.length > 0) yield batch;
      }
    },
  };
}
