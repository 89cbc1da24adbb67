// One row of a depthwise convolution, NHWC, with bias and clamp. Four output pixels at a time where
// the window is 3 × 3 and lies inside the row; pixel by pixel at the edges and for other windows.
import { clamp, madd, storeLanes } from "../../kernels/assembly/simd";

/** Output pixels of a tile. */
const TILE: i32 = 4;

/** One output pixel whose window starts at column `left` of the input. */
function convolvePixel(
  table: usize,
  weights: usize,
  y: usize,
  channels: usize,
  kernel: i32,
  left: i32,
  width: i32,
  low: f32,
  high: f32,
): void {
  const pixel = channels << 2, lanes = (pixel + 15) & ~15;
  const from = max(0, -left), to = min(kernel, width - left);
  const l = f32x4.splat(low), h = f32x4.splat(high);
  const count = <usize> max(0, to - from);
  const first = (left + from) * <i32> pixel;
  for (let c: usize = 0; c < pixel; c += 16) {
    let sum = v128.load(weights + c);
    let tap = weights + lanes + c + <usize> from * lanes;
    for (let ky = 0; ky < kernel; ky++, tap += <usize> kernel * lanes) {
      const row = load<usize>(table + <usize> ky * sizeof<usize>());
      if (row == 0) continue;
      let p = row + <usize> first + c;
      for (let w = tap, end = tap + count * lanes; w < end; w += lanes, p += pixel) {
        sum = madd(v128.load(p), v128.load(w), sum);
      }
    }
    storeLanes(y + c, clamp(sum, l, h), (pixel - c) >> 2);
  }
}

/** Four output pixels of a 3 × 3 window, which starts at `column` bytes into the row. */
// @ts-ignore: decorator
@inline
function convolveTile(
  stride: i32,
  table: usize,
  weights: usize,
  y: usize,
  pixel: usize,
  column: usize,
  low: f32,
  high: f32,
): void {
  const lanes = (pixel + 15) & ~15;
  const l = f32x4.splat(low), h = f32x4.splat(high);
  for (let c: usize = 0; c < pixel; c += 16) {
    let a0 = v128.load(weights + c), a1 = a0, a2 = a0, a3 = a0;
    let tap = weights + lanes + c;
    for (let entry = table; entry < table + 3 * sizeof<usize>(); entry += sizeof<usize>()) {
      const row = load<usize>(entry);
      const w0 = v128.load(tap), w1 = v128.load(tap + lanes), w2 = v128.load(tap + lanes + lanes);
      tap += 3 * lanes;
      if (row == 0) continue;
      let p = row + column + c;
      if (stride == 1) {
        a0 = madd(v128.load(p), w0, a0);
        let v = v128.load(p += pixel);
        a0 = madd(v, w1, a0), a1 = madd(v, w0, a1);
        v = v128.load(p += pixel);
        a0 = madd(v, w2, a0), a1 = madd(v, w1, a1), a2 = madd(v, w0, a2);
        v = v128.load(p += pixel);
        a1 = madd(v, w2, a1), a2 = madd(v, w1, a2), a3 = madd(v, w0, a3);
        v = v128.load(p += pixel);
        a2 = madd(v, w2, a2), a3 = madd(v, w1, a3);
        a3 = madd(v128.load(p + pixel), w2, a3);
      } else {
        a0 = madd(v128.load(p), w0, a0);
        a0 = madd(v128.load(p += pixel), w1, a0);
        let v = v128.load(p += pixel);
        a0 = madd(v, w2, a0), a1 = madd(v, w0, a1);
        a1 = madd(v128.load(p += pixel), w1, a1);
        v = v128.load(p += pixel);
        a1 = madd(v, w2, a1), a2 = madd(v, w0, a2);
        a2 = madd(v128.load(p += pixel), w1, a2);
        v = v128.load(p += pixel);
        a2 = madd(v, w2, a2), a3 = madd(v, w0, a3);
        a3 = madd(v128.load(p += pixel), w1, a3);
        a3 = madd(v128.load(p + pixel), w2, a3);
      }
    }
    const to = y + c, left = (pixel - c) >> 2;
    storeLanes(to, clamp(a0, l, h), left);
    storeLanes(to + pixel, clamp(a1, l, h), left);
    storeLanes(to + 2 * pixel, clamp(a2, l, h), left);
    storeLanes(to + 3 * pixel, clamp(a3, l, h), left);
  }
}

function convolveTile1(
  table: usize,
  weights: usize,
  y: usize,
  pixel: usize,
  column: usize,
  low: f32,
  high: f32,
): void {
  convolveTile(1, table, weights, y, pixel, column, low, high);
}

function convolveTile2(
  table: usize,
  weights: usize,
  y: usize,
  pixel: usize,
  column: usize,
  low: f32,
  high: f32,
): void {
  convolveTile(2, table, weights, y, pixel, column, low, high);
}

/**
 * One row of outputs. `table` holds the addresses of the `kernel` input rows under it, 0 for a row
 * of zeros; `weights` the biases and then a row a tap, each filled up with zeros to whole vectors.
 */
export function depthwiseRow(
  table: usize,
  weights: usize,
  y: usize,
  channels: usize,
  kernel: i32,
  stride: i32,
  padLeft: i32,
  width: i32,
  outWidth: i32,
  low: f32,
  high: f32,
): void {
  const pixel = channels << 2;
  const tiled = kernel == 3 && stride <= 2;
  let x = 0;
  while (x < outWidth) {
    const left = x * stride - padLeft;
    const inside = left >= 0 && left + (TILE - 1) * stride + 3 <= width;
    if (tiled && inside && x + TILE <= outWidth) {
      const column = <usize> left * pixel;
      if (stride == 1) convolveTile1(table, weights, y, pixel, column, low, high);
      else convolveTile2(table, weights, y, pixel, column, low, high);
      x += TILE, y += <usize> TILE * pixel;
    } else {
      convolvePixel(table, weights, y, channels, kernel, left, width, low, high);
      x++, y += pixel;
    }
  }
}
