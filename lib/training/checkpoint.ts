/**
 * All that a training needs to go on where it was, in one file: weights, what the optimizer
 * remembers, and where the run stands. One file is written whole or not at all, so there is no moment
 * at which a crash leaves half a checkpoint.
 *
 * @module
 */
import type { Store } from "../files/store.ts";
import type { NdArray } from "../numbers/nd_array.ts";
import { decodeSafetensors, encodeSafetensors } from "../weights/safetensors.ts";
import type { TrainConfig } from "./config.ts";
import type { EarlyStoppingState } from "./early_stopping.ts";
import type { PlateauState } from "./plateau.ts";

/** Where a run stands. Random numbers need no state: they follow from seed, epoch and sample. */
export interface RunState {
  /** Epochs finished. */
  readonly epoch: number;
  /** Batches of the current epoch that are done. */
  readonly batch: number;
  /** Optimizer steps made. */
  readonly step: number;
  /** Sums over the current epoch's batches, by metric, and how many batches they are of. */
  readonly sums: Readonly<Record<string, number>>;
  /** The plateau rule's memory, if there is one. */
  readonly plateau: PlateauState | null;
  /** The early stopping rule's memory, if there is one. */
  readonly earlyStopping: EarlyStoppingState | null;
  /** The best model so far: its metric and file name. */
  readonly best: { readonly value: number; readonly file: string } | null;
  /** Whether early stopping ended the training. */
  readonly stoppedEarly: boolean;
}

/** A checkpoint in memory. */
export interface Checkpoint {
  /** The config of the run. */
  readonly config: TrainConfig;
  /** Where it stood. */
  readonly state: RunState;
  /** All weights. */
  readonly weights: Map<string, NdArray>;
  /** What the optimizer remembers, by slot, and averaged weights. */
  readonly slots: Map<string, NdArray>;
}

const WEIGHTS = "weights/", SLOTS = "optimizer/";
const FORMAT = "tinyface-checkpoint-1";

/** Writes a checkpoint, whole or not at all. */
export async function writeCheckpoint(
  store: Store,
  path: string,
  { config, state, weights, slots }: Checkpoint,
): Promise<void> {
  const tensors = new Map([...prefixed(WEIGHTS, weights), ...prefixed(SLOTS, slots)]);
  const metadata = { format: FORMAT, config: JSON.stringify(config), state: JSON.stringify(state) };
  await store.write(path, encodeSafetensors(tensors, { metadata }));
}

function prefixed(prefix: string, tensors: ReadonlyMap<string, NdArray>): [string, NdArray][] {
  return [...tensors].map(([name, array]) => [prefix + name, array]);
}

/**
 * Reads a checkpoint.
 *
 * Throws a `SyntaxError` that names the file when it is no checkpoint or is damaged.
 */
export async function readCheckpoint(store: Store, path: string): Promise<Checkpoint> {
  const bytes = await store.read(path);
  try {
    const { tensors, metadata } = decodeSafetensors(bytes);
    if (metadata.format !== FORMAT) throw new SyntaxError("Cannot read checkpoint: it is not one");
    return {
      config: JSON.parse(metadata.config!),
      state: JSON.parse(metadata.state!),
      weights: withPrefix(WEIGHTS, tensors),
      slots: withPrefix(SLOTS, tensors),
    };
  } catch (error) {
    throw new SyntaxError(`Cannot resume from "${path}": ${(error as Error).message}`);
  }
}

function withPrefix(prefix: string, tensors: ReadonlyMap<string, NdArray>): Map<string, NdArray> {
  return new Map(
    [...tensors]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, array]) => [name.slice(prefix.length), array]),
  );
}
