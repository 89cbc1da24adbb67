// Rows of a depthwise convolution, NHWC, with bias and clamp. Where the window is 3 × 3 it slides along
// the row for four channels at a time: the nine weights stay in registers, and each input pixel is
// loaded once. Other windows go pixel by pixel.
import { clamp, madd, storeLanes } from "../../kernels/assembly/simd";
import { Layer } from "./layer";

/** Bytes under a stretch of outputs, all channels, that stay in the first-level cache. */
const STRETCH_BYTES: usize = 32 << 10;

/** Bytes of a pixel, filled up to whole vectors. */
function lanesOf(d: Layer): usize {
  return ((<usize> d.channels << 2) + 15) & ~15;
}

/** An address of a table. */
function addressAt(table: usize, i: i32): usize {
  return load<usize>(table + <usize> i * sizeof<usize>());
}

/** One output pixel whose window starts at column `left` of the input, from byte `c` of it on. */
function convolvePixel(d: Layer, table: usize, left: i32, c: usize, y: usize): void {
  const pixel = <usize> d.channels << 2, lanes = lanesOf(d), kernel = d.kernel;
  const from = max(0, -left), to = min(kernel, d.width - left);
  const l = f32x4.splat(d.low), h = f32x4.splat(d.high);
  const count = <usize> max(0, to - from);
  const first = (left + from) * <i32> pixel;
  for (; c < pixel; c += 16) {
    let sum = v128.load(d.weights + c);
    let tap = d.weights + lanes + c + <usize> from * lanes;
    for (let ky = 0; ky < kernel; ky++, tap += <usize> kernel * lanes) {
      let p = addressAt(table, ky) + <usize> first + c;
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
 * Channels from byte `c` of a pixel on, four of them, of `count` output pixels from column `x` on in
 * each of two rows, stride 1. `table` holds the addresses of the input rows; y0 and y1 may be the same,
 * for a single row. Constants where it is inlined: `capped`, whether there is an upper bound, for which
 * there is no register left; `pooled`, whether y0 gets the largest of every 2 × 2 pixels, of 2 × 1 at the
 * right and of a single row alone.
 */
// @ts-ignore: decorator
@inline
function slidePair(
  capped: bool,
  pooled: bool,
  d: Layer,
  table: usize,
  x: i32,
  count: i32,
  c: usize,
  y0: usize,
  y1: usize,
): void {
  const pixel = <usize> d.channels << 2, lanes = lanesOf(d), single = y0 == y1;
  const column = x - d.padLeft, at = <usize> (column * <i32> pixel) + c;
  // The windows may lack their first column, or the last ones their last.
  const first = column >= 0, last = column + count + 2 <= d.width;
  // A single row is the lower one, which is written over the upper one, or with a pool the upper one.
  const lower = single && !pooled ? 0 : 1;
  let r0 = addressAt(table, 0) + at, r1 = addressAt(table, lower) + at;
  let r2 = addressAt(table, 1 + lower) + at;
  let r3 = single && pooled ? r2 : addressAt(table, 2 + lower) + at;
  let weights = d.weights + c;
  const bias = v128.load(weights);
  const w00 = v128.load(weights += lanes), w01 = v128.load(weights += lanes);
  const w02 = v128.load(weights += lanes), w10 = v128.load(weights += lanes);
  const w11 = v128.load(weights += lanes), w12 = v128.load(weights += lanes);
  const w20 = v128.load(weights += lanes), w21 = v128.load(weights += lanes);
  const w22 = v128.load(weights + lanes);
  const l = f32x4.splat(d.low), h = f32x4.splat(d.high);
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
  d: Layer,
  table: usize,
  x: i32,
  count: i32,
  c: usize,
  y0: usize,
  y1: usize,
): void {
  slidePair(true, false, d, table, x, count, c, y0, y1);
}

/** `slidePair` without an upper bound. */
function slideFree(
  d: Layer,
  table: usize,
  x: i32,
  count: i32,
  c: usize,
  y0: usize,
  y1: usize,
): void {
  slidePair(false, false, d, table, x, count, c, y0, y1);
}

/** `slidePair` with a pool. */
function slidePooled(
  d: Layer,
  table: usize,
  x: i32,
  count: i32,
  c: usize,
  y0: usize,
  y1: usize,
): void {
  slidePair(true, true, d, table, x, count, c, y0, y1);
}

/** The same of a row, stride 2. */
function slideBy2(d: Layer, table: usize, x: i32, count: i32, c: usize, y: usize): void {
  const pixel = <usize> d.channels << 2, lanes = lanesOf(d);
  const column = 2 * x - d.padLeft, at = <usize> (column * <i32> pixel) + c;
  const first = column >= 0, last = column + 2 * count + 1 <= d.width;
  let r0 = addressAt(table, 0) + at, r1 = addressAt(table, 1) + at, r2 = addressAt(table, 2) + at;
  let weights = d.weights + c;
  const bias = v128.load(weights);
  const w00 = v128.load(weights += lanes), w01 = v128.load(weights += lanes);
  const w02 = v128.load(weights += lanes), w10 = v128.load(weights += lanes);
  const w11 = v128.load(weights += lanes), w12 = v128.load(weights += lanes);
  const w20 = v128.load(weights += lanes), w21 = v128.load(weights += lanes);
  const w22 = v128.load(weights + lanes);
  const l = f32x4.splat(d.low), h = f32x4.splat(d.high);
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

/** Pixels of a row of outputs that are computed channel by channel: an even number. */
function stretchOf(pixel: usize, rows: usize): i32 {
  return max(4, <i32> (STRETCH_BYTES / (rows * pixel))) & ~1;
}

/** Whole vectors of channels of two rows of outputs, stride 1; of one, where y is `below`. */
function slideRows(d: Layer, table: usize, y: usize, below: usize): void {
  const pixel = <usize> d.channels << 2, whole = pixel & ~15, stretch = stretchOf(pixel, 4);
  const beside = below - y, capped = d.high < Infinity;
  for (let x = 0; x < d.outWidth; x += stretch) {
    const count = min(stretch, d.outWidth - x);
    for (let c: usize = 0; c < whole; c += 16) {
      const to = y + c;
      if (capped) slideCapped(d, table, x, count, c, to, to + beside);
      else slideFree(d, table, x, count, c, to, to + beside);
    }
    y += <usize> count * pixel;
  }
}

/**
 * The largest of every 2 × 2 outputs in two rows, to `y`; or of every 1 × 2 in one row. For a layer whose
 * 3 × 3 windows slide by 1. `table` is as for `depthwiseRows`.
 */
export function poolRows(d: Layer, table: usize, rows: i32, y: usize): void {
  const pixel = <usize> d.channels << 2, stretch = stretchOf(pixel, 4);
  for (let x = 0; x < d.outWidth; x += stretch) {
    const count = min(stretch, d.outWidth - x);
    for (let c: usize = 0; c < pixel; c += 16) {
      // The last vector shares channels with the one before where four do not divide them.
      const from: usize = pixel < 16 ? 0 : min(c, pixel - 16), to = y + from;
      slidePooled(d, table, x, count, from, to, rows > 1 ? 0 : to);
    }
    y += <usize> ((count + 1) >> 1) * pixel;
  }
}

/** Whole vectors of channels of a row of outputs, stride 2. */
function slideRowBy2(d: Layer, table: usize, y: usize): void {
  const pixel = <usize> d.channels << 2, whole = pixel & ~15, stretch = stretchOf(pixel, 6);
  for (let x = 0; x < d.outWidth; x += stretch) {
    const count = min(stretch, d.outWidth - x);
    for (let c: usize = 0; c < whole; c += 16) slideBy2(d, table, x, count, c, y + c);
    y += <usize> count * pixel;
  }
}

/** Channels of a row of outputs from byte `c` of a pixel on, any window. */
function convolveRow(d: Layer, table: usize, c: usize, y: usize): void {
  for (let x = 0; x < d.outWidth; x++, y += <usize> d.channels << 2) {
    convolvePixel(d, table, x * d.stride - d.padLeft, c, y);
  }
}

/**
 * Two rows of outputs, to `y` and `below`; or one, where these are the same. `table` holds the addresses
 * of the input rows under them. The layer's weights are the biases and then a row a tap, each filled up
 * with zeros to whole vectors.
 */
export function depthwiseRows(d: Layer, table: usize, y: usize, below: usize): void {
  const pixel = <usize> d.channels << 2, whole = pixel & ~15;
  const right = (d.outWidth - 1) * d.stride - d.padLeft + 3;
  const slides = d.kernel == 3 && d.stride <= 2 && d.padLeft <= 1 && right <= d.width + 1 &&
    d.width > 1;
  const under = table + <usize> d.stride * sizeof<usize>(), isPair = below != y;
  if (slides && d.stride == 1) slideRows(d, table, y, below);
  else if (slides) {
    slideRowBy2(d, table, y);
    if (isPair) slideRowBy2(d, under, below);
  }
  if (slides && whole == pixel) return;
  const c: usize = slides ? whole : 0;
  convolveRow(d, table, c, y);
  if (isPair) convolveRow(d, under, c, below);
}
