// Rows of a depthwise convolution, NHWC, with bias and clamp. Where the window is 3 × 3 it slides along
// the row for four channels at a time: the nine weights stay in registers, and each input pixel is
// loaded once. Other windows go pixel by pixel.
import { clamp, madd, storeLanes } from "../../kernels/assembly/simd";
import { Layer } from "./layer";

/** Bytes under a stretch of outputs, all channels, that stay in the first-level cache. */
const STRETCH_BYTES: usize = 24 << 10;

/** One output pixel whose window starts at column `left` of the input, from byte `c` of it on. */
function convolvePixel(
  table: usize,
  weights: usize,
  y: usize,
  pixel: usize,
  kernel: i32,
  left: i32,
  width: i32,
  low: f32,
  high: f32,
  c: usize,
): void {
  const lanes = (pixel + 15) & ~15;
  const from = max(0, -left), to = min(kernel, width - left);
  const l = f32x4.splat(low), h = f32x4.splat(high);
  const count = <usize> max(0, to - from);
  const first = (left + from) * <i32> pixel;
  for (; c < pixel; c += 16) {
    let sum = v128.load(weights + c);
    let tap = weights + lanes + c + <usize> from * lanes;
    for (let ky = 0; ky < kernel; ky++, tap += <usize> kernel * lanes) {
      let p = load<usize>(table + <usize> ky * sizeof<usize>()) + <usize> first + c;
      for (let w = tap, end = tap + count * lanes; w < end; w += lanes, p += pixel) {
        sum = madd(v128.load(p), v128.load(w), sum);
      }
    }
    storeLanes(y + c, clamp(sum, l, h), (pixel - c) >> 2);
  }
}

/** Stores four sums, no less than `low` and, if `capped`, no more than `high`. */
// @ts-ignore: decorator
@inline
function storeBounded(y: usize, capped: bool, sum: v128, low: v128, high: v128): void {
  const raised = f32x4.pmax(sum, low);
  v128.store(y, capped ? f32x4.pmin(raised, high) : raised);
}

/**
 * Four channels of `count` output pixels in each of two rows, stride 1. r0 to r3 are the input rows at
 * the first column under the windows; y0 and y1 may be the same, which then gets the lower row. A
 * window may lack its first column (`first` false) or the last one its last. Constants where it is
 * inlined: `capped`, whether there is a `high`, for which there is no register left; `pooled`, whether
 * y0 gets the largest of every 2 × 2 pixels, of 2 × 1 at the right and, if y1 is the same, of the upper
 * row alone.
 */
// @ts-ignore: decorator
@inline
function slidePair(
  capped: bool,
  pooled: bool,
  r0: usize,
  r1: usize,
  r2: usize,
  r3: usize,
  weights: usize,
  lanes: usize,
  y0: usize,
  y1: usize,
  pixel: usize,
  count: i32,
  first: bool,
  last: bool,
  low: f32,
  high: f32,
): void {
  const bias = v128.load(weights);
  const w00 = v128.load(weights += lanes), w01 = v128.load(weights += lanes);
  const w02 = v128.load(weights += lanes), w10 = v128.load(weights += lanes);
  const w11 = v128.load(weights += lanes), w12 = v128.load(weights += lanes);
  const w20 = v128.load(weights += lanes), w21 = v128.load(weights += lanes);
  const w22 = v128.load(weights + lanes);
  const l = f32x4.splat(low), h = f32x4.splat(high);
  // The sums of this output pixel and of the next one, of the upper row and of the lower one.
  let a0 = bias, b0 = bias, a1 = bias, b1 = bias;
  if (first) {
    const v0 = v128.load(r0), v1 = v128.load(r1), v2 = v128.load(r2), v3 = v128.load(r3);
    a0 = madd(v2, w20, madd(v1, w10, madd(v0, w00, a0)));
    a1 = madd(v3, w20, madd(v2, w10, madd(v1, w00, a1)));
  }
  const v0 = v128.load(r0 += pixel), v1 = v128.load(r1 += pixel);
  const v2 = v128.load(r2 += pixel), v3 = v128.load(r3 += pixel);
  a0 = madd(v2, w21, madd(v1, w11, madd(v0, w01, a0)));
  b0 = madd(v2, w20, madd(v1, w10, madd(v0, w00, b0)));
  a1 = madd(v3, w21, madd(v2, w11, madd(v1, w01, a1)));
  b1 = madd(v3, w20, madd(v2, w10, madd(v1, w00, b1)));
  // The largest of the left column of a pool's window.
  let left = bias, isRight = false;
  const single = y0 == y1;
  for (let i = last ? count : count - 1; i > 0; i--) {
    let v = v128.load(r0 += pixel);
    a0 = madd(v, w02, a0), b0 = madd(v, w01, b0);
    let c0 = madd(v, w00, bias);
    v = v128.load(r1 += pixel);
    a0 = madd(v, w12, a0), b0 = madd(v, w11, b0), c0 = madd(v, w10, c0);
    a1 = madd(v, w02, a1), b1 = madd(v, w01, b1);
    let c1 = madd(v, w00, bias);
    v = v128.load(r2 += pixel);
    const upper = madd(v, w22, a0);
    if (!pooled) storeBounded(y0, capped, upper, l, h);
    a0 = madd(v, w21, b0), b0 = madd(v, w20, c0);
    a1 = madd(v, w12, a1), b1 = madd(v, w11, b1), c1 = madd(v, w10, c1);
    v = v128.load(r3 += pixel);
    const lower = madd(v, w22, a1);
    a1 = madd(v, w21, b1), b1 = madd(v, w20, c1);
    if (!pooled) {
      storeBounded(y1, capped, lower, l, h);
      y0 += pixel, y1 += pixel;
    } else {
      const column = single ? upper : f32x4.pmax(upper, lower);
      if (isRight) {
        storeBounded(y0, capped, f32x4.pmax(left, column), l, h);
        y0 += pixel;
      } else left = column;
      isRight = !isRight;
    }
  }
  if (pooled) {
    if (!last) {
      const column = single ? a0 : f32x4.pmax(a0, a1);
      left = isRight ? f32x4.pmax(left, column) : column;
    }
    if (isRight || !last) storeBounded(y0, capped, left, l, h);
  } else if (!last) {
    storeBounded(y0, capped, a0, l, h);
    storeBounded(y1, capped, a1, l, h);
  }
}

/** `slidePair` with both bounds. */
function slideCapped(
  r0: usize,
  r1: usize,
  r2: usize,
  r3: usize,
  weights: usize,
  lanes: usize,
  y0: usize,
  y1: usize,
  pixel: usize,
  count: i32,
  first: bool,
  last: bool,
  low: f32,
  high: f32,
): void {
  slidePair(true, false, r0, r1, r2, r3, weights, lanes, y0, y1, pixel, count, first, last, low, high);
}

/** `slidePair` with a pool, of both rows or of the upper one. */
function slidePooled(
  r0: usize,
  r1: usize,
  r2: usize,
  r3: usize,
  weights: usize,
  lanes: usize,
  y: usize,
  isPair: bool,
  pixel: usize,
  count: i32,
  first: bool,
  last: bool,
  low: f32,
  high: f32,
): void {
  // deno-fmt-ignore
  slidePair(true, true, r0, r1, r2, r3, weights, lanes, y, isPair ? 0 : y, pixel, count, first, last, low,
    high);
}

/** `slidePair` without an upper bound. */
function slideFree(
  r0: usize,
  r1: usize,
  r2: usize,
  r3: usize,
  weights: usize,
  lanes: usize,
  y0: usize,
  y1: usize,
  pixel: usize,
  count: i32,
  first: bool,
  last: bool,
  low: f32,
): void {
  slidePair(false, false, r0, r1, r2, r3, weights, lanes, y0, y1, pixel, count, first, last, low, 0);
}

/** Four channels of `count` output pixels of a row, stride 2; see `slidePair`. */
function slideBy2(
  r0: usize,
  r1: usize,
  r2: usize,
  weights: usize,
  lanes: usize,
  y: usize,
  pixel: usize,
  count: i32,
  first: bool,
  last: bool,
  low: f32,
  high: f32,
): void {
  const bias = v128.load(weights);
  const w00 = v128.load(weights += lanes), w01 = v128.load(weights += lanes);
  const w02 = v128.load(weights += lanes), w10 = v128.load(weights += lanes);
  const w11 = v128.load(weights += lanes), w12 = v128.load(weights += lanes);
  const w20 = v128.load(weights += lanes), w21 = v128.load(weights += lanes);
  const w22 = v128.load(weights + lanes);
  const l = f32x4.splat(low), h = f32x4.splat(high);
  let a = bias;
  if (first) {
    a = madd(v128.load(r2), w20, madd(v128.load(r1), w10, madd(v128.load(r0), w00, a)));
  }
  let v0: v128, v1: v128, v2: v128;
  for (let i = last ? count : count - 1; i > 0; i--, y += pixel) {
    v0 = v128.load(r0 += pixel), v1 = v128.load(r1 += pixel), v2 = v128.load(r2 += pixel);
    a = madd(v2, w21, madd(v1, w11, madd(v0, w01, a)));
    v0 = v128.load(r0 += pixel), v1 = v128.load(r1 += pixel), v2 = v128.load(r2 += pixel);
    v128.store(y, clamp(madd(v2, w22, madd(v1, w12, madd(v0, w02, a))), l, h));
    a = madd(v2, w20, madd(v1, w10, madd(v0, w00, bias)));
  }
  if (!last) {
    v0 = v128.load(r0 + pixel), v1 = v128.load(r1 + pixel), v2 = v128.load(r2 + pixel);
    a = madd(v2, w21, madd(v1, w11, madd(v0, w01, a)));
    v128.store(y, clamp(a, l, h));
  }
}

/** An address of a table. */
function addressAt(table: usize, i: i32): usize {
  return load<usize>(table + <usize> i * sizeof<usize>());
}

/**
 * Whole vectors of channels of two rows of outputs, stride 1. A single row is the lower one of a pair
 * whose upper one is written over.
 */
function slideRows(d: Layer, table: usize, lanes: usize, y: usize, below: usize): void {
  const pixel = <usize> d.channels << 2, whole = pixel & ~15;
  const lower = y == below ? 0 : 1;
  const r0 = addressAt(table, 0), r1 = addressAt(table, lower);
  const r2 = addressAt(table, 1 + lower), r3 = addressAt(table, 2 + lower);
  const stretch = stretchOf(pixel);
  const beside = below - y, low = d.low, high = d.high;
  for (let x = 0; x < d.outWidth; x += stretch) {
    const count = min(stretch, d.outWidth - x), left = x - d.padLeft;
    const first = left >= 0, last = left + count + 2 <= d.width;
    const column = left * <i32> pixel;
    for (let c: usize = 0; c < whole; c += 16) {
      const at = <usize> column + c, w = d.weights + c, to = y + c;
      if (high < Infinity) {
        // deno-fmt-ignore
        slideCapped(r0 + at, r1 + at, r2 + at, r3 + at, w, lanes, to, to + beside, pixel, count, first,
          last, low, high);
      } else {
        // deno-fmt-ignore
        slideFree(r0 + at, r1 + at, r2 + at, r3 + at, w, lanes, to, to + beside, pixel, count, first,
          last, low);
      }
    }
    y += <usize> count * pixel;
  }
}

/** Pixels of a row of outputs that are computed channel by channel: an even number. */
function stretchOf(pixel: usize): i32 {
  return max(4, <i32> (STRETCH_BYTES / (4 * pixel))) & ~1;
}

/**
 * The largest of every 2 × 2 outputs in two rows, to `y`; or of every 1 × 2 in one row. For a layer whose
 * 3 × 3 windows slide by 1. `table` is as for `depthwiseRows`.
 */
export function poolRows(d: Layer, table: usize, rows: i32, y: usize): void {
  const pixel = <usize> d.channels << 2, lanes = (pixel + 15) & ~15, stretch = stretchOf(pixel);
  const r0 = addressAt(table, 0), r1 = addressAt(table, 1), r2 = addressAt(table, 2);
  const r3 = addressAt(table, rows + 1), isPair = rows > 1;
  for (let x = 0; x < d.outWidth; x += stretch) {
    const count = min(stretch, d.outWidth - x), left = x - d.padLeft;
    const first = left >= 0, last = left + count + 2 <= d.width;
    const column = left * <i32> pixel;
    for (let c: usize = 0; c < pixel; c += 16) {
      // The last vector shares channels with the one before where four do not divide them.
      const from: usize = pixel < 16 ? 0 : min(c, pixel - 16), at = <usize> column + from;
      // deno-fmt-ignore
      slidePooled(r0 + at, r1 + at, r2 + at, r3 + at, d.weights + from, lanes, y + from, isPair, pixel,
        count, first, last, d.low, d.high);
    }
    y += <usize> ((count + 1) >> 1) * pixel;
  }
}

/** Whole vectors of channels of a row of outputs, stride 2. */
function slideRowBy2(d: Layer, table: usize, lanes: usize, y: usize): void {
  const pixel = <usize> d.channels << 2, whole = pixel & ~15;
  const r0 = addressAt(table, 0), r1 = addressAt(table, 1), r2 = addressAt(table, 2);
  const stretch = max(4, <i32> (STRETCH_BYTES / (6 * pixel)));
  for (let x = 0; x < d.outWidth; x += stretch) {
    const count = min(stretch, d.outWidth - x), left = 2 * x - d.padLeft;
    const first = left >= 0, last = left + 2 * count + 1 <= d.width;
    const column = left * <i32> pixel;
    for (let c: usize = 0; c < whole; c += 16) {
      const at = <usize> column + c;
      // deno-fmt-ignore
      slideBy2(r0 + at, r1 + at, r2 + at, d.weights + c, lanes, y + c, pixel, count, first, last, d.low,
        d.high);
    }
    y += <usize> count * pixel;
  }
}

/** Channels of a row of outputs from byte `c` of a pixel on, any window. */
function convolveRow(d: Layer, table: usize, y: usize, c: usize): void {
  const pixel = <usize> d.channels << 2;
  for (let x = 0; x < d.outWidth; x++, y += pixel) {
    const left = x * d.stride - d.padLeft;
    convolvePixel(table, d.weights, y, pixel, d.kernel, left, d.width, d.low, d.high, c);
  }
}

/**
 * Two rows of outputs, to `y` and `below`; or one, where these are the same. `table` holds the addresses
 * of the input rows under them. The layer's weights are the biases and then a row a tap, each filled up
 * with zeros to whole vectors.
 */
export function depthwiseRows(d: Layer, table: usize, y: usize, below: usize): void {
  const pixel = <usize> d.channels << 2, whole = pixel & ~15, lanes = (pixel + 15) & ~15;
  const right = (d.outWidth - 1) * d.stride - d.padLeft + 3;
  const slides = d.kernel == 3 && d.stride <= 2 && d.padLeft <= 1 && right <= d.width + 1 &&
    d.width > 1;
  const under = table + <usize> d.stride * sizeof<usize>(), isPair = below != y;
  if (slides && d.stride == 1) slideRows(d, table, lanes, y, below);
  else if (slides) {
    slideRowBy2(d, table, lanes, y);
    if (isPair) slideRowBy2(d, under, lanes, below);
  }
  if (slides && whole == pixel) return;
  const c: usize = slides ? whole : 0;
  convolveRow(d, table, y, c);
  if (isPair) convolveRow(d, under, below, c);
}
