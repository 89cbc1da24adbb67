/**
 * Stops a training whose metric has stopped getting better; the semantics of Keras' `EarlyStopping`.
 *
 * @module
 */
import { improves, type Watch } from "./improvement.ts";

/** When to stop. */
export interface EarlyStoppingOptions extends Watch {
  /** Epochs without improvement after which it is time to stop. */
  readonly patience: number;
}

/** What {@linkcode EarlyStopping} remembers; plain data, saved in checkpoints. */
export interface EarlyStoppingState {
  /** Best value so far. */
  readonly best: number | null;
  /** Epochs since then. */
  readonly wait: number;
}

/** Watches one metric; see the module. */
export class EarlyStopping {
  readonly #options: EarlyStoppingOptions;
  #state: EarlyStoppingState;

  /** @param state Where an earlier run left off. */
  constructor(
    options: EarlyStoppingOptions,
    state: EarlyStoppingState = { best: null, wait: 0 },
  ) {
    this.#options = options;
    this.#state = state;
  }

  /** What to save to go on later. */
  get state(): EarlyStoppingState {
    return this.#state;
  }

  /** Takes the metric after an epoch; `true` when it is time to stop. */
  update(value: number): boolean {
    const { best, wait } = this.#state;
    this.#state = improves(value, best, this.#options)
      ? { best: value, wait: 0 }
      : { best, wait: wait + 1 };
    return this.#state.wait >= this.#options.patience;
  }
}
