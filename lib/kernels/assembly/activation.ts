// Gradients of activations that clamp: relu is (0, ∞), relu6 is (0, 6].

/** dx = dy where low < x ≤ high, else 0. */
export function clampGradient(
  x: usize,
  dy: usize,
  dx: usize,
  count: usize,
  low: f32,
  high: f32,
): void {
  const lowest = f32x4.splat(low), highest = f32x4.splat(high);
  const end = x + (count << 2);
  for (; x + 16 <= end; x += 16, dy += 16, dx += 16) {
    const v = v128.load(x);
    const inside = v128.and(f32x4.gt(v, lowest), f32x4.le(v, highest));
    v128.store(dx, v128.and(v128.load(dy), inside));
  }
  for (; x < end; x += 4, dy += 4, dx += 4) {
    const v = f32.load(x);
    f32.store(dx, v > low && v <= high ? f32.load(dy) : 0);
  }
}
