// Operations over places other than their own: pooling, group norm, bilinear resizing.
import { madd, storeLanes } from "../../kernels/assembly/simd";
import { position } from "../../kernels/assembly/resize";

/** The largest values of 2 × 2 pixels, two each from a and b on. */
// @ts-ignore: decorator
@inline
function maxOfFour(a: usize, b: usize, pixel: usize, y: usize): void {
  for (let c: usize = 0; c < pixel; c += 16) {
    const upper = f32x4.pmax(v128.load(a + c), v128.load(a + pixel + c));
    const lower = f32x4.pmax(v128.load(b + c), v128.load(b + pixel + c));
    storeLanes(y + c, f32x4.pmax(upper, lower), (pixel - c) >> 2);
  }
}

/** The largest values of a window of any size, whose rows lie `row` bytes apart. */
function maxOfWindow(
  first: usize,
  height: i32,
  width: i32,
  row: usize,
  pixel: usize,
  y: usize,
): void {
  for (let c: usize = 0; c < pixel; c += 16) {
    let largest = f32x4.splat(-Infinity);
    for (let i = 0, start = first + c; i < height; i++, start += row) {
      for (let j = 0, p = start; j < width; j++, p += pixel) {
        largest = f32x4.pmax(largest, v128.load(p));
      }
    }
    storeLanes(y + c, largest, (pixel - c) >> 2);
  }
}

/** Largest value of each window; padding never wins. */
export function maxPool(
  x: usize,
  y: usize,
  height: i32,
  width: i32,
  channels: usize,
  kernel: i32,
  stride: i32,
  padTop: i32,
  padLeft: i32,
  outHeight: i32,
  outWidth: i32,
): void {
  const pixel = channels << 2;
  for (let i = 0; i < outHeight; i++) {
    const top = max(0, i * stride - padTop), bottom = min(height, i * stride - padTop + kernel);
    for (let j = 0; j < outWidth; j++, y += pixel) {
      const left = max(0, j * stride - padLeft), right = min(width, j * stride - padLeft + kernel);
      const first = x + <usize> (top * width + left) * pixel;
      if (bottom - top == 2 && right - left == 2) {
        maxOfFour(first, first + <usize> width * pixel, pixel, y);
      } else {
        maxOfWindow(first, bottom - top, right - left, <usize> width * pixel, pixel, y);
      }
    }
  }
}

/**
 * Centre and scale `[channels]` that normalise x[pixels, channels] in groups: (x − centre) · scale has
 * mean 0 and variance 1 in each, times gamma. Sums are doubles.
 */
export function groupMoments(
  x: usize,
  pixels: usize,
  channels: usize,
  groups: usize,
  gamma: usize,
  epsilon: f32,
  centre: usize,
  scale: usize,
): void {
  const size = channels / groups, count = <f64> (pixels * size);
  for (let group: usize = 0; group < groups; group++) {
    const first = x + ((group * size) << 2);
    const end = first + pixels * (channels << 2);
    let sum: f64 = 0;
    for (let p = first; p < end; p += channels << 2) {
      for (let c: usize = 0; c < size; c++) sum += <f64> f32.load(p + (c << 2));
    }
    const mean = sum / count;
    let squares: f64 = 0;
    for (let p = first; p < end; p += channels << 2) {
      for (let c: usize = 0; c < size; c++) {
        const difference = <f64> f32.load(p + (c << 2)) - mean;
        squares += difference * difference;
      }
    }
    const norm = 1 / Math.sqrt(squares / count + <f64> epsilon);
    for (let c = (group * size) << 2, last = c + (size << 2); c < last; c += 4) {
      f32.store(centre + c, <f32> mean);
      f32.store(scale + c, <f32> (<f64> f32.load(gamma + c) * norm));
    }
  }
}

/** Bilinear resizing with half-pixel centres. */
export function resizeBilinear(
  x: usize,
  y: usize,
  height: i32,
  width: i32,
  channels: usize,
  outHeight: i32,
  outWidth: i32,
): void {
  const pixel = channels << 2;
  for (let i = 0; i < outHeight; i++) {
    const at = position(i, height, outHeight, false, true);
    const below = f32x4.splat(<f32> (at - floor(at)));
    const top = x + <usize> (<i32> floor(at) * width) * pixel;
    const bottom = x + <usize> (<i32> ceil(at) * width) * pixel;
    for (let j = 0; j < outWidth; j++, y += pixel) {
      const column = position(j, width, outWidth, false, true);
      const right = f32x4.splat(<f32> (column - floor(column)));
      const a = <usize> floor(column) * pixel, b = <usize> ceil(column) * pixel;
      for (let c: usize = 0; c < pixel; c += 16) {
        const upper = mix(v128.load(top + a + c), v128.load(top + b + c), right);
        const lower = mix(v128.load(bottom + a + c), v128.load(bottom + b + c), right);
        storeLanes(y + c, mix(upper, lower, below), (pixel - c) >> 2);
      }
    }
  }
}

/** a + (b − a) · t. */
function mix(a: v128, b: v128, t: v128): v128 {
  return madd(f32x4.sub(b, a), t, a);
}
