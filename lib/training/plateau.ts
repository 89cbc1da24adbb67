/**
 * Lowers the learning rate when a metric has stopped getting better; the semantics of Keras'
 * `ReduceLROnPlateau`.
 *
 * It owns the base rate and leaves the rest to the schedule, as in Keras, where time decay and
 * warm-up apply on top of the rate that the callback sets.
 *
 * @module
 */
import { improves, type Watch } from "./improvement.ts";

/** When and how far to go down. */
export interface PlateauOptions extends Watch {
  /** What the rate is multiplied by, in (0, 1). */
  readonly factor: number;
  /** Epochs without improvement after which the rate is lowered. */
  readonly patience: number;
  /** The rate does not fall below this. */
  readonly minRate: number;
  /** Epochs after a reduction in which none is counted as without improvement. */
  readonly cooldown: number;
}

/** What {@linkcode ReduceOnPlateau} remembers; plain data, saved in checkpoints. */
export interface PlateauState {
  /** The base rate now. */
  readonly rate: number;
  /** Best value so far. */
  readonly best: number | null;
  /** Epochs without improvement since the best one or the last reduction. */
  readonly wait: number;
  /** Epochs of rest left after a reduction. */
  readonly cooldown: number;
}

/** Watches one metric; see the module. */
export class ReduceOnPlateau {
  readonly #options: PlateauOptions;
  #state: PlateauState;

  /** @param start The base rate of a new training, or where an earlier run left off. */
  constructor(options: PlateauOptions, start: number | PlateauState) {
    this.#options = options;
    this.#state = typeof start === "number"
      ? { rate: start, best: null, wait: 0, cooldown: 0 }
      : start;
  }

  /** What to save to go on later. */
  get state(): PlateauState {
    return this.#state;
  }

  /** The base rate now. */
  get rate(): number {
    return this.#state.rate;
  }

  /** Takes the metric after an epoch; `true` when the rate was lowered. */
  update(value: number): boolean {
    const { rate } = this.#state;
    this.#state = this.#reduceIfDue(this.#watch(value));
    return this.#state.rate < rate;
  }

  /** The state after looking at the metric, before the rate is touched. */
  #watch(value: number): PlateauState {
    const resting = this.#state.cooldown > 0;
    const cooldown = Math.max(0, this.#state.cooldown - 1);
    const state = { ...this.#state, cooldown, wait: resting ? 0 : this.#state.wait };
    if (improves(value, state.best, this.#options)) return { ...state, best: value, wait: 0 };
    return cooldown > 0 ? state : { ...state, wait: state.wait + 1 };
  }

  #reduceIfDue(state: PlateauState): PlateauState {
    const { factor, patience, minRate, cooldown } = this.#options;
    if (state.wait < patience || state.rate <= minRate) return state;
    return { ...state, rate: Math.max(state.rate * factor, minRate), wait: 0, cooldown };
  }
}
