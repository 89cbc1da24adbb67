// Equality of much data: a failure names the first difference instead of printing all of it.
import assert, { AssertionError } from "node:assert/strict";
import type { NdArray } from "../../lib/numbers/nd_array.ts";

/** Throws unless both lists hold the same numbers; NaN equals NaN, 0 does not equal −0. */
export function assertSameNumbers(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  about = "the list",
): void {
  assert.equal(actual.length, expected.length, `length of ${about}`);
  for (let i = 0; i < expected.length; i++) {
    if (!Object.is(actual[i], expected[i])) {
      throw new AssertionError({
        message: `Number ${i} of ${about} is ${actual[i]}, expected ${expected[i]}`,
      });
    }
  }
}

/** Throws unless both maps hold the same bytes under the same names, in any order. */
export function assertSameFiles(
  actual: ReadonlyMap<string, Uint8Array>,
  expected: ReadonlyMap<string, Uint8Array>,
): void {
  assert.deepEqual([...actual.keys()].sort(), [...expected.keys()].sort());
  for (const [name, bytes] of expected) assertSameNumbers(actual.get(name)!, bytes, name);
}

/** Throws unless both maps hold the same arrays under the same names, in the same order. */
export function assertSameArrays(
  actual: ReadonlyMap<string, NdArray>,
  expected: ReadonlyMap<string, NdArray>,
): void {
  assert.deepEqual([...actual.keys()], [...expected.keys()]);
  for (const [name, { shape, data }] of expected) {
    assert.deepEqual(actual.get(name)!.shape, shape, name);
    assertSameNumbers(actual.get(name)!.data, data, name);
  }
}
