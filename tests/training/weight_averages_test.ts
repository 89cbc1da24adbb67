import assert from "node:assert/strict";
import { tf } from "../../lib/deps/tfjs.ts";
import { WeightAverages } from "../../lib/training/weight_averages.ts";
import { eachBackend } from "../_support/backends.ts";
import { assertAllClose } from "../_support/close.ts";
import { expectNoTensorLeak } from "../_support/leaks.ts";

const DECAY = 0.5;

eachBackend("WeightAverages follow their variables, slowly from the tenth step on", async () => {
  await expectNoTensorLeak(async () => {
    const variable = tf.tidy(() => tf.variable(tf.tensor1d([1, -2])));
    const averages = new WeightAverages(new Map([["w", variable]]), DECAY);
    const expected = [1, -2];
    for (let step = 1; step <= 20; step++) {
      const value = [step, step ** 2];
      tf.tidy(() => variable.assign(tf.tensor1d(value)));
      averages.update(step);
      const keep = Math.min(DECAY, (1 + step) / (10 + step));
      value.forEach((x, i) => expected[i] = keep * expected[i]! + (1 - keep) * x);
    }
    averages.swap();
    assertAllClose(await variable.data(), expected, { rtol: 1e-5 });
    averages.swap();
    assertAllClose(await variable.data(), [20, 400]);
    averages.dispose();
    variable.dispose();
  });
});

eachBackend("WeightAverages go on from what they saved", async () => {
  const variable = tf.tidy(() => tf.variable(tf.tensor1d([1, -2])));
  const averages = new WeightAverages(new Map([["w", variable]]), DECAY);
  tf.tidy(() => variable.assign(tf.tensor1d([3, 5])));
  averages.update(1);
  const saved = new Map<string, { shape: number[]; data: Float32Array<ArrayBuffer> }>();
  for (const [name, average] of averages.state()) {
    assert.equal(name, "w/average");
    const data = Float32Array.from(await average.data<"float32">());
    saved.set(name, { shape: average.shape, data });
  }
  const other = new WeightAverages(new Map([["w", variable]]), DECAY);
  other.restore(saved);
  const [a, b] = [averages, other].map((each) => each.state().get("w/average")!);
  assert.deepEqual([...await a!.data()], [...await b!.data()]);
  averages.dispose();
  other.dispose();
  variable.dispose();
});
