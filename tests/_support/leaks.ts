// Tensors that nobody disposed.
import assert from "node:assert/strict";
import { tf } from "../../lib/deps/tfjs.ts";

/** Runs `body` and throws when it leaves more or fewer tensors behind than it found. */
export async function expectNoTensorLeak<T>(body: () => T | Promise<T>): Promise<T> {
  const before = tf.memory().numTensors;
  const result = await body();
  assert.equal(tf.memory().numTensors - before, 0, "tensors were leaked (or over-disposed)");
  return result;
}
