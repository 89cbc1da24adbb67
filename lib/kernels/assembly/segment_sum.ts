// Sums of rows by segment, the gradient of gathering rows.
import { addFloats } from "./simd";

/**
 * sums[id] = Σ x[i] over the rows i of `length` floats whose i32 id it is; ids outside
 * [0, segments) count nowhere.
 */
export function segmentSum(
  x: usize,
  ids: usize,
  sums: usize,
  rows: usize,
  length: usize,
  segments: i32,
): void {
  const bytes = length << 2;
  memory.fill(sums, 0, <usize> segments * bytes);
  for (let i: usize = 0; i < rows; i++, x += bytes) {
    const id = i32.load(ids + (i << 2));
    if (id >= 0 && id < segments) addFloats(sums + <usize> id * bytes, x, length);
  }
}
