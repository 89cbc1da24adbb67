// Comparing numbers that went through floating point.
import { AssertionError } from "node:assert/strict";

/** How far numbers may differ: `|actual − expected| ≤ atol + rtol · |expected|`. */
export interface Tolerance {
  readonly atol?: number;
  readonly rtol?: number;
}

/** Throws unless both lists have one length and every pair is close; NaN is close to NaN only. */
export function assertAllClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  { atol = 1e-6, rtol = 1e-5 }: Tolerance = {},
): void {
  if (actual.length !== expected.length) {
    throw new AssertionError({ message: `Lengths are ${actual.length} and ${expected.length}` });
  }
  for (let i = 0; i < expected.length; i++) {
    const a = actual[i]!, e = expected[i]!;
    const close = Object.is(a, e) || Math.abs(a - e) <= atol + rtol * Math.abs(e);
    if (!close) {
      throw new AssertionError({
        message:
          `Number ${i} of ${expected.length} is ${a}, expected ${e} (atol ${atol}, rtol ${rtol})`,
        actual: a,
        expected: e,
      });
    }
  }
}

/** {@linkcode assertAllClose} for one number. */
export function assertClose(actual: number, expected: number, tolerance?: Tolerance): void {
  assertAllClose([actual], [expected], tolerance);
}
