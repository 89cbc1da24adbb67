// Optimizer updates in place. Loops run over whole vectors and then over single floats.
import { madd } from "./simd";

/**
 * What is smaller is taken for zero. Weight decay drives the weights of dead channels towards zero
 * for ever, and arithmetic on denormal floats (under 1.2e-38) is ten times as slow. NaN stays NaN.
 */
const LEAST: f32 = 1e-30;

function flush(value: v128): v128 {
  return v128.andnot(value, f32x4.lt(f32x4.abs(value), f32x4.splat(LEAST)));
}

function flushFloat(value: f32): f32 {
  return abs<f32>(value) < LEAST ? 0 : value;
}

/** v ← momentum · v + g, w ← w − gradientRate · g − velocityRate · v. */
export function updateMomentum(
  w: usize,
  g: usize,
  v: usize,
  count: usize,
  momentum: f32,
  gradientRate: f32,
  velocityRate: f32,
): void {
  const m = f32x4.splat(momentum), a = f32x4.splat(-gradientRate), b = f32x4.splat(-velocityRate);
  const end = w + (count << 2);
  for (; w + 16 <= end; w += 16, g += 16, v += 16) {
    const gradient = v128.load(g);
    const velocity = flush(madd(m, v128.load(v), gradient));
    v128.store(v, velocity);
    v128.store(w, flush(madd(b, velocity, madd(a, gradient, v128.load(w)))));
  }
  for (; w < end; w += 4, g += 4, v += 4) {
    const gradient = f32.load(g), velocity = flushFloat(momentum * f32.load(v) + gradient);
    f32.store(v, velocity);
    f32.store(w, flushFloat(f32.load(w) - gradientRate * gradient - velocityRate * velocity));
  }
}

/** m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², w ← w − rate · m / (√v + epsilon). */
export function updateAdam(
  w: usize,
  g: usize,
  m: usize,
  v: usize,
  count: usize,
  beta1: f32,
  beta2: f32,
  rate: f32,
  epsilon: f32,
): void {
  const b1 = f32x4.splat(beta1), n1 = f32x4.splat(1 - beta1);
  const b2 = f32x4.splat(beta2), n2 = f32x4.splat(1 - beta2);
  const r = f32x4.splat(rate), e = f32x4.splat(epsilon);
  const end = w + (count << 2);
  for (; w + 16 <= end; w += 16, g += 16, m += 16, v += 16) {
    const gradient = v128.load(g);
    const mean = flush(madd(b1, v128.load(m), f32x4.mul(n1, gradient)));
    const square = flush(madd(b2, v128.load(v), f32x4.mul(n2, f32x4.mul(gradient, gradient))));
    v128.store(m, mean), v128.store(v, square);
    const step = f32x4.div(f32x4.mul(r, mean), f32x4.add(f32x4.sqrt(square), e));
    v128.store(w, flush(f32x4.sub(v128.load(w), step)));
  }
  for (; w < end; w += 4, g += 4, m += 4, v += 4) {
    const gradient = f32.load(g);
    const mean = flushFloat(beta1 * f32.load(m) + (1 - beta1) * gradient);
    const square = flushFloat(beta2 * f32.load(v) + (1 - beta2) * (gradient * gradient));
    f32.store(m, mean), f32.store(v, square);
    f32.store(w, flushFloat(f32.load(w) - rate * mean / (sqrt<f32>(square) + epsilon)));
  }
}

/** w ← keep · w + (1 − keep) · value. */
export function updateAverage(w: usize, value: usize, count: usize, keep: f32): void {
  const k = f32x4.splat(keep), rest = f32x4.splat(1 - keep);
  const end = w + (count << 2);
  for (; w + 16 <= end; w += 16, value += 16) {
    v128.store(w, flush(madd(k, v128.load(w), f32x4.mul(rest, v128.load(value)))));
  }
  for (; w < end; w += 4, value += 4) {
    f32.store(w, flushFloat(keep * f32.load(w) + (1 - keep) * f32.load(value)));
  }
}
