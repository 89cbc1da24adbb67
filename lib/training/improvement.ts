/**
 * What counts as "better" when a metric is watched over the epochs.
 *
 * @module
 */

/** What to look for in a metric. */
export interface Watch {
  /** Whether larger (`"max"`) or smaller (`"min"`) values are better. */
  readonly mode: "max" | "min";
  /** A change up to this much is no improvement. */
  readonly minDelta: number;
}

/**
 * Whether `value` beats the best one so far by more than `minDelta`.
 *
 * @param best The best value so far; `null` when there is none, which every number beats. NaN beats
 * nothing.
 */
export function improves(value: number, best: number | null, { mode, minDelta }: Watch): boolean {
  if (best === null) return !Number.isNaN(value);
  return mode === "max" ? value > best + minDelta : value < best - minDelta;
}
