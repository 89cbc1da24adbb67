// The two passes of `lib/image/resample.ts`, which says what they compute, and normalisation. The
// arithmetic is the same to the bit: fixed-point weights, rounded to 8 bits between the passes.
import { madd } from "../../kernels/assembly/simd";

const WEIGHT_BITS = 22;

/**
 * Horizontal pass: `rows` rows of the photo, `channels` (3 or 4) bytes a pixel, to RGB rows of
 * `count` pixels. `starts` and `counts` say of which pixels each is made, `weights` (`stride` a
 * pixel) how. Writes a byte past each row; rows are `yRowBytes` apart. May read a byte past the photo.
 */
export function resampleRows(
  photo: usize,
  photoRowBytes: usize,
  channels: usize,
  rows: usize,
  starts: usize,
  counts: usize,
  weights: usize,
  stride: usize,
  count: usize,
  y: usize,
  yRowBytes: usize,
): void {
  const half = i32x4.splat(1 << (WEIGHT_BITS - 1));
  for (; rows > 0; rows--, photo += photoRowBytes, y += yRowBytes) {
    for (let i: usize = 0, to = y; i < count; i++, to += 3) {
      let p = photo + load<usize>(starts + (i << 2)) * channels;
      let w = weights + ((i * stride) << 2);
      let sum = half;
      for (const end = w + (load<usize>(counts + (i << 2)) << 2); w < end; w += 4, p += channels) {
        const bytes = i16x8.extend_low_i8x16_u(v128.load32_zero(p));
        const pixel = i32x4.extend_low_i16x8_u(bytes);
        sum = i32x4.add(sum, i32x4.mul(pixel, v128.load32_splat(w)));
      }
      store<u32>(to, narrow(sum));
    }
  }
}

/** Four fixed-point sums as bytes. */
function narrow(sums: v128): u32 {
  const whole = i32x4.shr_s(sums, WEIGHT_BITS);
  const words = i16x8.narrow_i32x4_s(whole, whole);
  return i32x4.extract_lane(i8x16.narrow_i16x8_u(words, words), 0);
}

/**
 * Vertical pass and normalisation of one row: `bytes` bytes of each of `taps` rows, whose addresses
 * `table` holds, as floats `byte · scale + shift`. `scale` and `shift` hold 12 numbers each, four
 * pixels of RGB. Writes up to 11 floats past the row.
 */
export function resampleColumns(
  table: usize,
  weights: usize,
  taps: usize,
  bytes: usize,
  scale: usize,
  shift: usize,
  y: usize,
): void {
  const half = i32x4.splat(1 << (WEIGHT_BITS - 1));
  const s0 = v128.load(scale), s1 = v128.load(scale, 16), s2 = v128.load(scale, 32);
  const t0 = v128.load(shift), t1 = v128.load(shift, 16), t2 = v128.load(shift, 32);
  for (let k: usize = 0; k < bytes; k += 12, y += 48) {
    let a = half, b = half, c = half;
    for (let tap: usize = 0; tap < taps; tap++) {
      const p = load<usize>(table + (tap << 2)) + k;
      const w = v128.load32_splat(weights + (tap << 2));
      const row = v128.load(p);
      const low = i16x8.extend_low_i8x16_u(row), high = i16x8.extend_high_i8x16_u(row);
      a = i32x4.add(a, i32x4.mul(i32x4.extend_low_i16x8_u(low), w));
      b = i32x4.add(b, i32x4.mul(i32x4.extend_high_i16x8_u(low), w));
      c = i32x4.add(c, i32x4.mul(i32x4.extend_low_i16x8_u(high), w));
    }
    v128.store(y, madd(floats(a), s0, t0));
    v128.store(y, madd(floats(b), s1, t1), 16);
    v128.store(y, madd(floats(c), s2, t2), 32);
  }
}

function floats(sums: v128): v128 {
  return f32x4.convert_i32x4_s(i32x4.shr_s(sums, WEIGHT_BITS));
}
