// Operations that look at one number at a time, or at one pixel of each input.
import { clamp, copyFloats, madd, storeLanes } from "../../kernels/assembly/simd";

/**
 * y[pixels, channels] = clamp((x − centre) · scale + shift), the three [channels]; no centre where it
 * is 0. Taken off first, a mean far larger than the deviation costs no precision.
 */
export function scaleShift(
  x: usize,
  centre: usize,
  scale: usize,
  shift: usize,
  y: usize,
  pixels: usize,
  channels: usize,
  low: f32,
  high: f32,
): void {
  const l = f32x4.splat(low), h = f32x4.splat(high), bytes = channels << 2;
  for (const end = y + pixels * bytes; y < end; x += bytes, y += bytes) {
    for (let c: usize = 0; c < bytes; c += 16) {
      let v = v128.load(x + c);
      if (centre != 0) v = f32x4.sub(v, v128.load(centre + c));
      v = madd(v, v128.load(scale + c), v128.load(shift + c));
      storeLanes(y + c, clamp(v, l, h), (bytes - c) >> 2);
    }
  }
}

/** y = clamp(a + b), or clamp(a) where b is 0. */
export function add(a: usize, b: usize, y: usize, count: usize, low: f32, high: f32): void {
  const l = f32x4.splat(low), h = f32x4.splat(high);
  for (let i: usize = 0; i < count; i += 4) {
    let v = v128.load(a + (i << 2));
    if (b != 0) v = f32x4.add(v, v128.load(b + (i << 2)));
    storeLanes(y + (i << 2), clamp(v, l, h), count - i);
  }
}

// e^x = 2^n · e^r with |r| ≤ ln 2 / 2; the polynomial is Cephes' `expf` (netlib.org/cephes).
function exponential(x: v128): v128 {
  x = clamp(x, f32x4.splat(-87), f32x4.splat(88));
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504088896341)));
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(-2.12194440e-4)));
  let p = madd(f32x4.splat(1.9875691500e-4), r, f32x4.splat(1.3981999507e-3));
  p = madd(p, r, f32x4.splat(8.3334519073e-3));
  p = madd(p, r, f32x4.splat(4.1665795894e-2));
  p = madd(p, r, f32x4.splat(1.6666665459e-1));
  p = madd(p, r, f32x4.splat(5.0000001201e-1));
  p = madd(p, f32x4.mul(r, r), f32x4.add(r, f32x4.splat(1)));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  return f32x4.mul(p, power);
}

/** y = 1 / (1 + e^−x). */
export function sigmoid(x: usize, y: usize, count: usize): void {
  const one = f32x4.splat(1);
  for (let i: usize = 0; i < count; i += 4) {
    const e = exponential(f32x4.neg(v128.load(x + (i << 2))));
    storeLanes(y + (i << 2), f32x4.div(one, f32x4.add(one, e)), count - i);
  }
}

/** Copies x[pixels, channels] to y, whose pixels are `yChannels` apart. */
export function copyChannels(
  x: usize,
  y: usize,
  pixels: usize,
  channels: usize,
  yChannels: usize,
): void {
  for (const end = x + pixels * (channels << 2); x < end; x += channels << 2, y += yChannels << 2) {
    copyFloats(y, x, channels);
  }
}
