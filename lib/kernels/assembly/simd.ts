// Small pieces every kernel shares: multiply-add, partial vectors, copies and fills of floats.
//
// Pointers and counts are usize; counts are in floats unless the name says bytes.

/** a · b + c, fused where the build has relaxed SIMD. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Clamps to [low, high]; one instruction each way, and a NaN stays NaN. */
// @ts-ignore: decorator
@inline
export function clamp(value: v128, low: v128, high: v128): v128 {
  return f32x4.pmin(f32x4.pmax(value, low), high);
}

/** Stores the first `count` (1 to 3) lanes. */
function storeSome(to: usize, value: v128, count: usize): void {
  f32.store(to, f32x4.extract_lane(value, 0));
  if (count > 1) f32.store(to, f32x4.extract_lane(value, 1), 4);
  if (count > 2) f32.store(to, f32x4.extract_lane(value, 2), 8);
}

/** Stores the first `count` lanes, of which four are all. */
// @ts-ignore: decorator
@inline
export function storeLanes(to: usize, value: v128, count: usize): void {
  if (count >= 4) v128.store(to, value);
  else storeSome(to, value, count);
}

export function copyFloats(to: usize, from: usize, count: usize): void {
  if (count >= 64) {
    memory.copy(to, from, count << 2);
    return;
  }
  const end = to + (count << 2);
  for (; to + 16 <= end; to += 16, from += 16) v128.store(to, v128.load(from));
  for (; to < end; to += 4, from += 4) f32.store(to, f32.load(from));
}

/** Copies `count` floats and up to 3 more, reading and writing whole vectors. */
export function copyVectors(to: usize, from: usize, count: usize): void {
  for (const end = to + (count << 2); to < end; to += 16, from += 16) {
    v128.store(to, v128.load(from));
  }
}

export function addFloats(to: usize, from: usize, count: usize): void {
  const end = to + (count << 2);
  for (; to + 16 <= end; to += 16, from += 16) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
  }
  for (; to < end; to += 4, from += 4) f32.store(to, f32.load(to) + f32.load(from));
}

export function zeroFloats(to: usize, count: usize): void {
  if (count >= 64) {
    memory.fill(to, 0, count << 2);
    return;
  }
  const end = to + (count << 2);
  for (; to + 16 <= end; to += 16) v128.store(to, f32x4.splat(0));
  for (; to < end; to += 4) f32.store(to, 0);
}
