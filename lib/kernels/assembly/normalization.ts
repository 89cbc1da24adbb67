// Batch, group, instance and layer normalisation in training, with a clamp (relu, relu6) fused in.
//
// x is [instances, pixels, channels]; mean and variance are per instance and per group of
// neighbouring channels. Batch norm is one instance with as many groups as channels.
//
// The last axis is read as rows of L = channels · repeat floats, L a multiple of 16, so that every
// channel count runs in whole vectors; per-channel numbers are repeated to L. What is left at the
// end is shorter than L and goes float by float.
import { clamp, madd } from "./simd";

/** Floats of a block of rows that stay in the second-level cache while sums run down it. */
const BLOCK_FLOATS: usize = 32768;

function rowLength(channels: usize): usize {
  let length = channels;
  while ((length & 15) != 0) length += channels;
  return length;
}

/** Bytes of scratch that `normalize` and `normalizeGradient` need. */
export function normalizationScratchBytes(channels: usize): usize {
  return rowLength(channels) * (2 * 8 + 5 * 4);
}

/** Repeats the first `channels` floats at `row` up to `length`. */
function repeat(row: usize, channels: usize, length: usize): void {
  for (let i = channels; i < length; i++) {
    f32.store(row + (i << 2), f32.load(row + ((i - channels) << 2)));
  }
}

/** Folds f64 sums of `length` positions into the first `channels`. */
function fold(sums: usize, channels: usize, length: usize): void {
  for (let i = channels; i < length; i++) {
    const to = sums + (i % channels << 3);
    f64.store(to, f64.load(to) + f64.load(sums + (i << 3)));
  }
}

/** Adds four lanes to f64 sums. */
function addPromoted(sums: usize, lanes: v128): void {
  const high = v128.shuffle<f32>(lanes, lanes, 2, 3, 0, 1);
  v128.store(sums, f64x2.add(v128.load(sums), f64x2.promote_low_f32x4(lanes)));
  v128.store(sums, f64x2.add(v128.load(sums, 16), f64x2.promote_low_f32x4(high)), 16);
}

/** Sums of x − origin and of its square, down the rows, added to f64 `sums` and `squares`. */
function sumRows(
  x: usize,
  rows: usize,
  length: usize,
  origin: usize,
  sums: usize,
  squares: usize,
): void {
  const bytes = length << 2;
  const block = max<usize>(16, BLOCK_FLOATS / length);
  for (let row: usize = 0; row < rows; row += block) {
    const height = min(block, rows - row) * bytes;
    for (let i: usize = 0; i < bytes; i += 32) {
      const o0 = v128.load(origin + i), o1 = v128.load(origin + i, 16);
      let s0 = f32x4.splat(0), s1 = s0, q0 = s0, q1 = s0;
      for (let p = x + i, end = p + height; p < end; p += bytes) {
        const d0 = f32x4.sub(v128.load(p), o0), d1 = f32x4.sub(v128.load(p, 16), o1);
        s0 = f32x4.add(s0, d0), s1 = f32x4.add(s1, d1);
        q0 = madd(d0, d0, q0), q1 = madd(d1, d1, q1);
      }
      const at = i << 1;
      addPromoted(sums + at, s0), addPromoted(sums + at + 32, s1);
      addPromoted(squares + at, q0), addPromoted(squares + at + 32, q1);
    }
    x += height;
  }
}

/** y = clamp(x · scale + shift), the numbers repeated to `length`. */
function scaleRows(
  x: usize,
  y: usize,
  floats: usize,
  length: usize,
  scale: usize,
  shift: usize,
  low: f32,
  high: f32,
): void {
  const bytes = length << 2, end = x + (floats << 2);
  const lowest = f32x4.splat(low), highest = f32x4.splat(high);
  while (x + bytes <= end) {
    for (let i: usize = 0; i < bytes; i += 32) {
      const v0 = madd(v128.load(x + i), v128.load(scale + i), v128.load(shift + i));
      const v1 = madd(v128.load(x + i, 16), v128.load(scale + i, 16), v128.load(shift + i, 16));
      v128.store(y + i, clamp(v0, lowest, highest));
      v128.store(y + i, clamp(v1, lowest, highest), 16);
    }
    x += bytes, y += bytes;
  }
  for (; x < end; x += 4, y += 4, scale += 4, shift += 4) {
    const v = madd(v128.load32_splat(x), v128.load32_splat(scale), v128.load32_splat(shift));
    v128.store32_lane(y, clamp(v, lowest, highest), 0);
  }
}

/** dy where the clamp lets it through (low < x · scale + shift ≤ high), else 0. */
function throughClamp(
  x: v128,
  dy: v128,
  scale: v128,
  shift: v128,
  low: v128,
  high: v128,
): v128 {
  const v = madd(x, scale, shift);
  return v128.and(dy, v128.and(f32x4.gt(v, low), f32x4.le(v, high)));
}

/** Sums of g and g · (x − mean) down the rows, g = dy through the clamp, added to f64 sums. */
function sumGradientRows(
  x: usize,
  dy: usize,
  rows: usize,
  length: usize,
  scale: usize,
  shift: usize,
  mean: usize,
  low: f32,
  high: f32,
  sums: usize,
  products: usize,
): void {
  const bytes = length << 2;
  const block = max<usize>(16, BLOCK_FLOATS / 2 / length);
  const lowest = f32x4.splat(low), highest = f32x4.splat(high);
  for (let row: usize = 0; row < rows; row += block) {
    const height = min(block, rows - row) * bytes;
    for (let i: usize = 0; i < bytes; i += 32) {
      const a0 = v128.load(scale + i), a1 = v128.load(scale + i, 16);
      const b0 = v128.load(shift + i), b1 = v128.load(shift + i, 16);
      const m0 = v128.load(mean + i), m1 = v128.load(mean + i, 16);
      let s0 = f32x4.splat(0), s1 = s0, q0 = s0, q1 = s0;
      for (let p = x + i, q = dy + i, end = p + height; p < end; p += bytes, q += bytes) {
        const x0 = v128.load(p), x1 = v128.load(p, 16);
        const g0 = throughClamp(x0, v128.load(q), a0, b0, lowest, highest);
        const g1 = throughClamp(x1, v128.load(q, 16), a1, b1, lowest, highest);
        s0 = f32x4.add(s0, g0), s1 = f32x4.add(s1, g1);
        q0 = madd(f32x4.sub(x0, m0), g0, q0), q1 = madd(f32x4.sub(x1, m1), g1, q1);
      }
      const at = i << 1;
      addPromoted(sums + at, s0), addPromoted(sums + at + 32, s1);
      addPromoted(products + at, q0), addPromoted(products + at + 32, q1);
    }
    x += height, dy += height;
  }
}

/** dx = g · scale + (x − mean) · slope + offset, g = dy through the clamp. */
function gradientRows(
  x: usize,
  dy: usize,
  dx: usize,
  floats: usize,
  length: usize,
  scale: usize,
  shift: usize,
  mean: usize,
  slope: usize,
  offset: usize,
  low: f32,
  high: f32,
): void {
  const bytes = length << 2, end = x + (floats << 2);
  const lowest = f32x4.splat(low), highest = f32x4.splat(high);
  while (x + bytes <= end) {
    for (let i: usize = 0; i < bytes; i += 16) {
      const v = v128.load(x + i), a = v128.load(scale + i);
      const g = throughClamp(v, v128.load(dy + i), a, v128.load(shift + i), lowest, highest);
      const centred = f32x4.sub(v, v128.load(mean + i));
      const rest = madd(centred, v128.load(slope + i), v128.load(offset + i));
      v128.store(dx + i, madd(g, a, rest));
    }
    x += bytes, dy += bytes, dx += bytes;
  }
  for (let i: usize = 0; x + i < end; i += 4) {
    const v = v128.load32_splat(x + i), a = v128.load32_splat(scale + i);
    const b = v128.load32_splat(shift + i);
    const g = throughClamp(v, v128.load32_splat(dy + i), a, b, lowest, highest);
    const centred = f32x4.sub(v, v128.load32_splat(mean + i));
    const rest = madd(centred, v128.load32_splat(slope + i), v128.load32_splat(offset + i));
    v128.store32_lane(dx + i, madd(g, a, rest), 0);
  }
}

/** scale and shift of each channel of one instance, from its groups' moments. */
function affine(
  channels: usize,
  groups: usize,
  mean: usize,
  variance: usize,
  gamma: usize,
  beta: usize,
  epsilon: f32,
  scale: usize,
  shift: usize,
): void {
  const size = channels / groups;
  for (let c: usize = 0; c < channels; c++) {
    const group = c / size << 2, at = c << 2;
    const a = f32.load(gamma + at) / sqrt<f32>(f32.load(variance + group) + epsilon);
    f32.store(scale + at, a);
    f32.store(shift + at, f32.load(beta + at) - f32.load(mean + group) * a);
  }
}

/** Mean and biased variance of each group, from the channels' sums about their origins. */
function writeMoments(
  channels: usize,
  groups: usize,
  pixels: f64,
  origin: usize,
  sums: usize,
  squares: usize,
  mean: usize,
  variance: usize,
): void {
  const size = channels / groups;
  for (let group: usize = 0; group < groups; group++) {
    const first = group * size, last = first + size;
    let centre: f64 = 0, spread: f64 = 0;
    for (let c = first; c < last; c++) {
      centre += f64.load(sums + (c << 3)) / pixels + <f64> f32.load(origin + (c << 2));
    }
    centre /= <f64> size;
    for (let c = first; c < last; c++) {
      const offset = f64.load(sums + (c << 3)) / pixels;
      const away = offset + <f64> f32.load(origin + (c << 2)) - centre;
      spread += f64.load(squares + (c << 3)) / pixels - offset * offset + away * away;
    }
    f32.store(mean + (group << 2), <f32> centre);
    f32.store(variance + (group << 2), <f32> max<f64>(0, spread / <f64> size));
  }
}

/**
 * y = clamp((x − mean) / √(variance + epsilon) · gamma + beta), with `mean` and `variance`
 * [instances, groups] written from x. A clamp to (−∞, ∞) is none.
 */
export function normalize(
  x: usize,
  y: usize,
  instances: usize,
  pixels: usize,
  channels: usize,
  groups: usize,
  gamma: usize,
  beta: usize,
  epsilon: f32,
  low: f32,
  high: f32,
  mean: usize,
  variance: usize,
  scratch: usize,
): void {
  const length = rowLength(channels), floats = pixels * channels;
  const rows = floats / length;
  const sums = scratch, squares = sums + (length << 3);
  const origin = squares + (length << 3), scale = origin + (length << 2);
  const shift = scale + (length << 2);
  for (let instance: usize = 0; instance < instances; instance++) {
    memory.fill(sums, 0, length << 4);
    memory.copy(origin, x, channels << 2);
    repeat(origin, channels, length);
    sumRows(x, rows, length, origin, sums, squares);
    for (let i = rows * length, c: usize = 0; i < floats; i++, c++) {
      const d = f32.load(x + (i << 2)) - f32.load(origin + (c << 2));
      f64.store(sums + (c << 3), f64.load(sums + (c << 3)) + d);
      f64.store(squares + (c << 3), f64.load(squares + (c << 3)) + d * d);
    }
    fold(sums, channels, length), fold(squares, channels, length);
    writeMoments(channels, groups, <f64> pixels, origin, sums, squares, mean, variance);
    affine(channels, groups, mean, variance, gamma, beta, epsilon, scale, shift);
    repeat(scale, channels, length), repeat(shift, channels, length);
    scaleRows(x, y, floats, length, scale, shift, low, high);
    x += floats << 2, y += floats << 2;
    mean += groups << 2, variance += groups << 2;
  }
}

/**
 * dx, dgamma and dbeta of `normalize`, through its mean and variance as well. x and the moments
 * are those of the forward call; nothing else needs to be kept.
 */
export function normalizeGradient(
  x: usize,
  dy: usize,
  dx: usize,
  instances: usize,
  pixels: usize,
  channels: usize,
  groups: usize,
  gamma: usize,
  beta: usize,
  epsilon: f32,
  low: f32,
  high: f32,
  mean: usize,
  variance: usize,
  dgamma: usize,
  dbeta: usize,
  scratch: usize,
): void {
  const length = rowLength(channels), floats = pixels * channels, size = channels / groups;
  const rows = floats / length;
  const sums = scratch, products = sums + (length << 3);
  const scale = products + (length << 3), shift = scale + (length << 2);
  const centre = shift + (length << 2), slope = centre + (length << 2);
  const offset = slope + (length << 2);
  const count = <f64> (pixels * size);
  memory.fill(dgamma, 0, channels << 2), memory.fill(dbeta, 0, channels << 2);
  for (let instance: usize = 0; instance < instances; instance++) {
    memory.fill(sums, 0, length << 4);
    affine(channels, groups, mean, variance, gamma, beta, epsilon, scale, shift);
    for (let c: usize = 0; c < channels; c++) {
      f32.store(centre + (c << 2), f32.load(mean + (c / size << 2)));
    }
    repeat(scale, channels, length), repeat(shift, channels, length);
    repeat(centre, channels, length);
    // deno-fmt-ignore
    sumGradientRows(x, dy, rows, length, scale, shift, centre, low, high, sums, products);
    for (let i = rows * length, c: usize = 0; i < floats; i++, c++) {
      const v = f32.load(x + (i << 2));
      const g = <f64> f32x4.extract_lane(
        throughClamp(
          f32x4.splat(v),
          v128.load32_splat(dy + (i << 2)),
          v128.load32_splat(scale + (c << 2)),
          v128.load32_splat(shift + (c << 2)),
          f32x4.splat(low),
          f32x4.splat(high),
        ),
        0,
      );
      const d = v - f32.load(centre + (c << 2));
      f64.store(sums + (c << 3), f64.load(sums + (c << 3)) + g);
      f64.store(products + (c << 3), f64.load(products + (c << 3)) + g * d);
    }
    fold(sums, channels, length), fold(products, channels, length);
    for (let group: usize = 0; group < groups; group++) {
      const inverse = 1 / sqrt<f64>(<f64> f32.load(variance + (group << 2)) + epsilon);
      const first = group * size, last = first + size;
      let sum: f64 = 0, product: f64 = 0;
      for (let c = first; c < last; c++) {
        const weight = <f64> f32.load(gamma + (c << 2)), at = c << 2;
        const channelSum = f64.load(sums + (c << 3)),
          channelProduct = f64.load(products + (c << 3));
        sum += weight * channelSum;
        product += weight * channelProduct;
        f32.store(dbeta + at, <f32> (f32.load(dbeta + at) + channelSum));
        f32.store(dgamma + at, <f32> (f32.load(dgamma + at) + channelProduct * inverse));
      }
      for (let c = first; c < last; c++) {
        f32.store(slope + (c << 2), <f32> (-inverse * inverse * inverse * product / count));
        f32.store(offset + (c << 2), <f32> (-inverse * sum / count));
      }
    }
    repeat(slope, channels, length), repeat(offset, channels, length);
    // deno-fmt-ignore
    gradientRows(x, dy, dx, floats, length, scale, shift, centre, slope, offset, low, high);
    x += floats << 2, dy += floats << 2, dx += floats << 2;
    mean += groups << 2, variance += groups << 2;
  }
}
