// One row of a depthwise convolution, NHWC, with bias and clamp. Where the window is 3 × 3 it slides
// along the row for four channels at a time: the nine weights stay in registers, and each input
// pixel is loaded once. Other windows go pixel by pixel.
import { clamp, madd, storeLanes } from "../../kernels/assembly/simd";

/** Bytes of the input under a stretch of outputs, all channels, that stay in the first-level cache. */
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

/**
 * Four channels of `count` output pixels, stride 1. r0 to r2 are the input rows at the first column
 * under the window. A window may lack its first column (`first` false) or the last one its last.
 */
function slide(
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
  // The sums of this output pixel and of the next one.
  let a = bias, b = bias;
  if (first) {
    a = madd(v128.load(r2), w20, madd(v128.load(r1), w10, madd(v128.load(r0), w00, a)));
  }
  r0 += pixel, r1 += pixel, r2 += pixel;
  let v0 = v128.load(r0), v1 = v128.load(r1), v2 = v128.load(r2);
  a = madd(v2, w21, madd(v1, w11, madd(v0, w01, a)));
  b = madd(v2, w20, madd(v1, w10, madd(v0, w00, b)));
  for (let i = last ? count : count - 1; i > 0; i--, y += pixel) {
    v0 = v128.load(r0 += pixel), v1 = v128.load(r1 += pixel), v2 = v128.load(r2 += pixel);
    v128.store(y, clamp(madd(v2, w22, madd(v1, w12, madd(v0, w02, a))), l, h));
    a = madd(v2, w21, madd(v1, w11, madd(v0, w01, b)));
    b = madd(v2, w20, madd(v1, w10, madd(v0, w00, bias)));
  }
  if (!last) v128.store(y, clamp(a, l, h));
}

/** The same at stride 2. */
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

/**
 * One row of outputs. `table` holds the addresses of the `kernel` input rows under it; `weights` the
 * biases and then a row a tap, each filled up with zeros to whole vectors.
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
  const pixel = channels << 2, lanes = (pixel + 15) & ~15, whole = pixel & ~15;
  const right = (outWidth - 1) * stride - padLeft + 3;
  const slides = kernel == 3 && stride <= 2 && padLeft <= 1 && right <= width + 1 && width > 1;
  if (!slides || whole < pixel) {
    const c: usize = slides ? whole : 0;
    for (let x = 0, to = y; x < outWidth; x++, to += pixel) {
      const left = x * stride - padLeft;
      convolvePixel(table, weights, to, pixel, kernel, left, width, low, high, c);
    }
    if (!slides) return;
  }
  const r0 = load<usize>(table), r1 = load<usize>(table, sizeof<usize>());
  const r2 = load<usize>(table, 2 * sizeof<usize>());
  const stretch = max(4, <i32> (STRETCH_BYTES / (3 * <usize> stride * pixel)));
  for (let x = 0; x < outWidth; x += stretch) {
    const count = min(stretch, outWidth - x), left = x * stride - padLeft;
    const first = left >= 0, last = left + (count - 1) * stride + 3 <= width;
    const column = left * <i32> pixel;
    for (let c: usize = 0; c < whole; c += 16) {
      const at = <usize> column + c;
      if (stride == 1) {
        // deno-fmt-ignore
        slide(r0 + at, r1 + at, r2 + at, weights + c, lanes, y + c, pixel, count, first, last, low,
          high);
      } else {
        // deno-fmt-ignore
        slideBy2(r0 + at, r1 + at, r2 + at, weights + c, lanes, y + c, pixel, count, first, last, low,
          high);
      }
    }
    y += <usize> count * pixel;
  }
}
