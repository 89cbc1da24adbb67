/**
 * Moves the variables of a model along their gradients.
 *
 * Own code instead of `tf.train`, because a training must go on bit for bit where it left off: what
 * an optimizer remembers lies in float32 variables with stable names and one counter. Nothing is
 * read back from the backend.
 *
 * @module
 */
import { tf } from "../deps/tfjs.ts";
import type { NdArray } from "../numbers/nd_array.ts";
import { adam, type AdamOptions, sgd, type SgdOptions, type UpdateRule } from "./update_rules.ts";

/** Which rule the optimizer follows; plain data. */
export type RuleSpec =
  | { readonly kind: "sgd" } & SgdOptions
  | { readonly kind: "adam" } & AdamOptions;

/** An optimizer; plain data. */
export interface OptimizerSpec {
  /** How a variable moves. */
  readonly rule: RuleSpec;
  /**
   * L2 regularisation λ of the variables named in `decayed`: their gradient gains `λ · w`, as if the
   * loss gained `λ/2 · ‖w‖²`. It is added after clipping. 0 = none.
   */
  readonly weightDecay: number;
  /** Gradients whose joint L2 norm is larger are scaled down to it; `null` = never. */
  readonly clipNorm: number | null;
}

/** Moves variables; see {@linkcode createOptimizer}. */
export interface Optimizer {
  /** Steps made so far, those of earlier runs included; goes into the checkpoint. */
  readonly step: number;
  /**
   * Makes one step.
   *
   * Throws a `TypeError` when a variable has no gradient; nothing has moved then.
   *
   * @param gradients One for each variable, by its name; others are not looked at. They remain the
   * caller's to dispose.
   */
  apply(gradients: Readonly<Record<string, tf.Tensor>>, learningRate: number): void;
  /**
   * What is remembered about the variables, by names such as `"conv/kernel/momentum"`; goes into the
   * checkpoint. The variables are the optimizer's.
   */
  state(): Map<string, tf.Variable>;
  /**
   * Goes on where another optimizer of the same spec left off.
   *
   * Throws a `TypeError` that names what is missing, unexpected or of another shape; nothing has
   * changed then.
   */
  restore(step: number, state: ReadonlyMap<string, NdArray>): void;
  /** Frees what it remembers; the model's variables stay. */
  dispose(): void;
}

function createRule(spec: RuleSpec): UpdateRule {
  return spec.kind === "sgd" ? sgd(spec) : adam(spec);
}

/** The factor, a scalar in (0, 1], that brings the joint L2 norm of the gradients to `limit`. */
function clipFactor(gradients: readonly tf.Tensor[], limit: number): tf.Tensor {
  const squares = gradients.map((gradient) => tf.sum(tf.square(gradient)));
  // Not addN, which binds each of its terms: WebGPU promises eight buffers.
  const norm = tf.sqrt(tf.sum(tf.stack(squares)));
  return tf.div(limit, tf.maximum(norm, limit));
}

/** Names the difference between the state that is there and the one that is to be restored. */
function assertSameState(
  own: ReadonlyMap<string, tf.Variable>,
  state: ReadonlyMap<string, NdArray>,
): void {
  const missing = [...own.keys()].filter((name) => !state.has(name));
  const unexpected = [...state.keys()].filter((name) => !own.has(name));
  const reshaped = [...own].filter(([name, slot]) =>
    state.has(name) && state.get(name)!.shape.join() !== slot.shape.join()
  ).map(([name]) => name);
  for (const [what, names] of Object.entries({ missing, unexpected, reshaped })) {
    if (names.length > 0) {
      throw new TypeError(`Cannot restore the optimizer: ${what} is "${names.join('", "')}"`);
    }
  }
}

/**
 * Creates an optimizer for some variables. What it remembers starts at zero and is freed by its
 * `dispose()`.
 *
 * @param variables What it moves, by names that stay the same from run to run.
 * @param decayed Names of the variables that the weight decay concerns (kernels, by custom, and
 * neither biases nor the scales of norms).
 */
export function createOptimizer(
  spec: OptimizerSpec,
  variables: ReadonlyMap<string, tf.Variable>,
  decayed: ReadonlySet<string> = new Set(),
): Optimizer {
  const rule = createRule(spec.rule);
  const slots = new Map([...variables].map(([name, variable]) => {
    const zeros = () => tf.tidy(() => tf.variable(tf.zeros(variable.shape), false));
    return [name, Object.fromEntries(rule.slots.map((slot) => [slot, zeros()]))];
  }));
  let steps = 0;

  const state = () =>
    new Map(
      [...slots].flatMap(([name, own]) =>
        Object.entries(own).map(([slot, value]) => [`${name}/${slot}`, value] as const)
      ),
    );

  return {
    get step() {
      return steps;
    },

    apply(gradients, rate) {
      const raw = [...variables.keys()].map((name) => {
        const gradient = gradients[name];
        if (gradient === undefined) {
          throw new TypeError(`Cannot apply gradients: the one of "${name}" is missing`);
        }
        return gradient;
      });
      steps++;
      const factor = spec.clipNorm === null ? null : tf.tidy(() => clipFactor(raw, spec.clipNorm!));
      for (const [i, [name, variable]] of [...variables].entries()) {
        tf.tidy(() => {
          let gradient = raw[i]!;
          if (factor !== null) gradient = tf.mul(gradient, factor);
          if (spec.weightDecay > 0 && decayed.has(name)) {
            gradient = tf.add(gradient, tf.mul(variable, spec.weightDecay));
          }
          rule.update({ variable, gradient, slots: slots.get(name)!, rate, step: steps });
        });
      }
      factor?.dispose();
    },

    state,

    restore(step, saved) {
      const own = state();
      assertSameState(own, saved);
      for (const [name, slot] of own) {
        const { data, shape } = saved.get(name)!;
        tf.tidy(() => slot.assign(tf.tensor(data, [...shape], "float32")));
      }
      steps = step;
    },

    dispose() {
      tf.dispose([...state().values()]);
    },
  };
}
