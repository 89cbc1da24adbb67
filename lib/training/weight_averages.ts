/**
 * Weights averaged over the steps of a training: smoother than those of any one step, and the better
 * detector while the learning rate is still high.
 *
 * Reference: Polyak and Juditsky 1992; the decay of the first steps as in TensorFlow's
 * `ExponentialMovingAverage(num_updates)`: min(decay, (1 + step) / (10 + step)).
 *
 * @module
 */
import { tf } from "../deps/tfjs.ts";
import { inPlaceUpdates } from "../kernels/updates.ts";
import type { NdArray } from "../numbers/nd_array.ts";

/** What a name in a checkpoint ends with. */
const SUFFIX = "/average";

/** Averages of some variables. It owns the averages, not the variables: call `dispose`. */
export class WeightAverages {
  readonly #variables: ReadonlyMap<string, tf.Variable>;
  readonly #decay: number;
  readonly #averages: ReadonlyMap<string, tf.Variable>;

  /**
   * @param variables By names that stay the same from run to run; the averages start where they are.
   * @param decay What of an average stays at each step, in [0, 1).
   */
  constructor(variables: ReadonlyMap<string, tf.Variable>, decay: number) {
    this.#variables = variables;
    this.#decay = decay;
    this.#averages = new Map(
      [...variables].map(([name, variable]) => [
        name,
        tf.tidy(() => tf.variable(tf.add(variable, 0), false)),
      ]),
    );
  }

  /** Takes in the variables as they are after step `step`, counted from 1. */
  update(step: number): void {
    const keep = Math.min(this.#decay, (1 + step) / (10 + step));
    const inPlace = inPlaceUpdates();
    for (const [name, average] of this.#averages) {
      const value = this.#variables.get(name)!;
      if (inPlace) inPlace.average({ variable: average, value }, { keep });
      else tf.tidy(() => average.assign(tf.add(tf.mul(average, keep), tf.mul(value, 1 - keep))));
    }
  }

  /** Exchanges variables and averages; a second time, all is as it was. */
  swap(): void {
    for (const [name, average] of this.#averages) {
      const variable = this.#variables.get(name)!;
      tf.tidy(() => {
        const [ours, theirs] = [tf.add(average, 0), tf.add(variable, 0)];
        variable.assign(ours);
        average.assign(theirs);
      });
    }
  }

  /** The averages by name; goes into the checkpoint. They remain this object's. */
  state(): Map<string, tf.Variable> {
    return new Map([...this.#averages].map(([name, average]) => [name + SUFFIX, average]));
  }

  /** Goes on from the averages of a checkpoint; others in it are not looked at. */
  restore(saved: ReadonlyMap<string, NdArray>): void {
    for (const [name, average] of this.#averages) {
      const { data, shape } = saved.get(name + SUFFIX)!;
      tf.tidy(() => average.assign(tf.tensor(data, [...shape], "float32")));
    }
  }

  /** Frees the averages. */
  dispose(): void {
    tf.dispose([...this.#averages.values()]);
  }
}

/** Tells what the optimizer remembers from the averages in a checkpoint. */
export function isAverage(name: string): boolean {
  return name.endsWith(SUFFIX);
}
