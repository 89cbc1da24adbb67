/**
 * The learning rate as a pure function of where the training stands.
 *
 *     rate = base · decay · warm-up
 *
 * Both factors run over the whole training: the decay does not wait for the warm-up to end, as in
 * mmcv and vedadet.
 *
 * @module
 */

/** How the rate falls over the training; what is counted in epochs changes between epochs only. */
export type Decay =
  /** It does not. */
  | { readonly kind: "constant" }
  /** `1 / (1 + rate · step)`: the `decay` of Keras 2's optimizers. */
  | { readonly kind: "time"; readonly rate: number }
  /** Half a cosine from 1 to `floor`, step by step, over the whole training. */
  | { readonly kind: "cosine"; readonly floor: number }
  /** Half a cosine from 1 to `floor` over `period` epochs, again and again; set once an epoch. */
  | { readonly kind: "cosine-restarts"; readonly floor: number; readonly period: number }
  /** Times `factor` at each of the `epochs` (0-based). */
  | { readonly kind: "step"; readonly factor: number; readonly epochs: readonly number[] };

/** Linear rise of the rate at the start, step by step, from `from` · rate to the full rate. */
export interface WarmUp {
  /** The factor of the very first step, in [0, 1]. */
  readonly from: number;
  /** How long it takes. */
  readonly length: number;
  /** What `length` counts. */
  readonly unit: "steps" | "epochs";
}

/** A schedule of learning rates; plain data. */
export interface Schedule {
  /** The full rate. */
  readonly base: number;
  /** How it falls. */
  readonly decay: Decay;
  /** How it rises at the start; at once when absent. */
  readonly warmUp?: WarmUp;
}

/** Where a training stands. */
export interface Position {
  /** Updates made before this one, over all epochs. */
  readonly step: number;
  /** Epochs finished before this one. */
  readonly epoch: number;
  /** Updates in an epoch. */
  readonly stepsPerEpoch: number;
  /** Epochs of the whole training. */
  readonly epochs: number;
}

/** Half a cosine from 1 at `progress` 0 to `floor` at `progress` 1. */
function cosine(progress: number, floor: number): number {
  return floor + (1 - floor) * (1 + Math.cos(Math.PI * progress)) / 2;
}

const decayFactor: {
  [K in Decay["kind"]]: (decay: Extract<Decay, { kind: K }>, at: Position) => number;
} = {
  "constant": () => 1,
  "time": ({ rate }, { step }) => 1 / (1 + rate * step),
  "cosine": ({ floor }, { step, stepsPerEpoch, epochs }) =>
    cosine(Math.min(1, step / (stepsPerEpoch * epochs)), floor),
  "cosine-restarts": ({ floor, period }, { epoch }) => cosine((epoch % period) / period, floor),
  "step": ({ factor, epochs }, { epoch }) =>
    factor ** epochs.filter((milestone) => milestone <= epoch).length,
};

function warmUpFactor({ from, length, unit }: WarmUp, { step, stepsPerEpoch }: Position): number {
  const steps = unit === "steps" ? length : length * stepsPerEpoch;
  return step < steps ? from + (1 - from) * step / steps : 1;
}

/**
 * The learning rate of one update.
 *
 * @example Keras' time decay
 * ```ts ignore
 * const schedule = { base: 1e-4, decay: { kind: "time", rate: 1e-4 } } as const;
 * learningRate(schedule, { step: 10_000, epoch: 10, stepsPerEpoch: 1_000, epochs: 150 }); // 5e-5
 * ```
 */
export function learningRate(schedule: Schedule, at: Position): number {
  const decay = decayFactor[schedule.decay.kind] as (decay: Decay, at: Position) => number;
  const warmUp = schedule.warmUp === undefined ? 1 : warmUpFactor(schedule.warmUp, at);
  return schedule.base * decay(schedule.decay, at) * warmUp;
}
