// The two passes of `lib/image/resample.ts`, which says what they compute, and normalisation. The
// arithmetic is the same to the bit: fixed-point weights, rounded to 8 bits between the passes.
import { madd } from "../../kernels/assembly/simd";

const WEIGHT_BITS = 22;
/** Weights of 22 bits are products of words in two parts. */
const LOW_BITS = 8;

/** Bytes where `places` says; zeros for 128. */
function arrange(bytes: v128, places: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD
    ? i8x16.relaxed_swizzle(bytes, places)
    : i8x16.swizzle(bytes, places);
}

/**
 * Horizontal pass: `rows` rows of the photo, `channels` (3 or 4) bytes a pixel, to RGB rows of
 * `count` pixels. Each is made of `pairs` of pixels, as many for all (a number that varied would be
 * mispredicted time and again), from `starts` on; `weights` holds four words a pair: both weights
 * without their lowest 8 bits, then these. Writes a byte past each row; rows are `yRowBytes` apart.
 * May read as many pixels past the photo as there are in the pairs, and eight bytes.
 *
 * @param places Where the bytes of two pixels go so that each channel's lie next to each other as
 * words, for products of pairs: in memory, since V8 makes a constant anew at each use.
 */
export function resampleRows(
  photo: usize,
  photoRowBytes: usize,
  channels: usize,
  rows: usize,
  starts: usize,
  pairs: usize,
  weights: usize,
  places: usize,
  count: usize,
  y: usize,
  yRowBytes: usize,
): void {
  const half = i32x4.splat(1 << (WEIGHT_BITS - 1)), order = v128.load(places);
  const step = channels << 1;
  for (; rows > 0; rows--, photo += photoRowBytes, y += yRowBytes) {
    let w = weights;
    for (let i: usize = 0, to = y; i < count; i++, to += 3) {
      let p = photo + load<usize>(starts + (i << 2)) * channels;
      let high = i32x4.splat(0), low = half;
      for (const end = w + (pairs << 3); w < end; w += 8, p += step) {
        const words = arrange(v128.load64_zero(p), order);
        high = i32x4.add(high, i32x4.dot_i16x8_s(words, v128.load32_splat(w)));
        low = i32x4.add(low, i32x4.dot_i16x8_s(words, v128.load32_splat(w, 4)));
      }
      store<u32>(to, narrow(i32x4.add(i32x4.shl(high, LOW_BITS), low)));
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
