// Resizing by tfjs' rules, NHWC. Both ways of nearest-neighbour share one rounding, so that a
// gradient goes back exactly where its pixel came from.
import { addFloats, copyFloats, madd } from "./simd";

/** Input steps between neighbouring outputs along one axis. */
function ratio(size: i32, outSize: i32, alignCorners: bool): f64 {
  return alignCorners && outSize > 1
    ? <f64> (size - 1) / <f64> (outSize - 1)
    : <f64> size / <f64> outSize;
}

/** The input row or column that an output one repeats. */
function nearest(
  i: i32,
  size: i32,
  outSize: i32,
  alignCorners: bool,
  halfPixelCenters: bool,
): i32 {
  const at = (halfPixelCenters ? <f64> i + 0.5 : <f64> i) * ratio(size, outSize, alignCorners);
  return min(size - 1, <i32> floor(alignCorners ? at + 0.5 : at));
}

/** The place in the input, between two rows or columns, of an output one. */
export function position(
  i: i32,
  size: i32,
  outSize: i32,
  alignCorners: bool,
  halfPixelCenters: bool,
): f64 {
  const step = ratio(size, outSize, alignCorners);
  const at = halfPixelCenters ? step * (<f64> i + 0.5) - 0.5 : step * <f64> i;
  return min<f64>(<f64> (size - 1), max<f64>(0, at));
}

/** y[i] = x[nearest(i)], or with `adding` x[nearest(i)] += y[i], x zeroed before. */
export function resizeNearest(
  x: usize,
  y: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: usize,
  outHeight: i32,
  outWidth: i32,
  alignCorners: bool,
  halfPixelCenters: bool,
  adding: bool,
): void {
  const pixel = channels << 2, image = <usize> (height * width) * pixel;
  if (adding) memory.fill(x, 0, <usize> batch * image);
  for (const end = x + <usize> batch * image; x < end; x += image) {
    for (let i = 0; i < outHeight; i++) {
      const row = nearest(i, height, outHeight, alignCorners, halfPixelCenters) * width;
      for (let j = 0; j < outWidth; j++, y += pixel) {
        const column = nearest(j, width, outWidth, alignCorners, halfPixelCenters);
        const p = x + <usize> (row + column) * pixel;
        if (adding) addFloats(p, y, channels);
        else copyFloats(y, p, channels);
      }
    }
  }
}

/** to += from · weight. */
function addScaled(to: usize, from: usize, count: usize, weight: f32): void {
  const w = f32x4.splat(weight), end = to + (count << 2);
  for (; to + 16 <= end; to += 16, from += 16) {
    v128.store(to, madd(v128.load(from), w, v128.load(to)));
  }
  for (; to < end; to += 4, from += 4) f32.store(to, f32.load(to) + f32.load(from) * weight);
}

/** dx of bilinear resizing, with half-pixel centres too, which tfjs' own gradient ignores. */
export function resizeBilinearGradient(
  dy: usize,
  dx: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: usize,
  outHeight: i32,
  outWidth: i32,
  alignCorners: bool,
  halfPixelCenters: bool,
): void {
  const pixel = channels << 2, image = <usize> (height * width) * pixel;
  memory.fill(dx, 0, <usize> batch * image);
  for (const end = dx + <usize> batch * image; dx < end; dx += image) {
    for (let i = 0; i < outHeight; i++) {
      const y = position(i, height, outHeight, alignCorners, halfPixelCenters);
      const below = <f32> (y - floor(y)), above = <f32> 1 - below;
      const top = dx + <usize> (<i32> floor(y) * width) * pixel;
      const bottom = dx + <usize> (<i32> ceil(y) * width) * pixel;
      for (let j = 0; j < outWidth; j++, dy += pixel) {
        const x = position(j, width, outWidth, alignCorners, halfPixelCenters);
        const right = <f32> (x - floor(x)), left = <f32> 1 - right;
        const first = <usize> floor(x) * pixel, second = <usize> ceil(x) * pixel;
        addScaled(top + first, dy, channels, above * left);
        addScaled(top + second, dy, channels, above * right);
        addScaled(bottom + first, dy, channels, below * left);
        addScaled(bottom + second, dy, channels, below * right);
      }
    }
  }
}
