import { tf } from "../../lib/deps/tfjs.ts";
import type { TrainableModel } from "../../lib/models/trainable_model.ts";
import type { NdArray } from "../../lib/numbers/nd_array.ts";

type Arrays = Readonly<Record<string, NdArray>>;

/** Terms of a model's loss for one image, as numbers. */
export async function lossTerms(
  model: TrainableModel,
  outputs: Arrays,
  targets: Arrays,
): Promise<Record<string, number>> {
  const tensors = (arrays: Arrays) =>
    Object.fromEntries(
      Object.entries(arrays).map(([k, { shape, data }]) => [k, tf.tensor(data, [1, ...shape])]),
    );
  const terms = tf.tidy(() => model.loss(tensors(outputs), tensors(targets)));
  const values: Record<string, number> = {};
  for (const [name, term] of Object.entries(terms)) values[name] = (await term.data())[0]!;
  tf.dispose(terms);
  return values;
}
