// Matrix products with all that may follow them: bias, sum with another activation, clamp.
//
// Register tiles of 6 × 8 (the training kernels' `gemm.ts` says why), of 3 × 8 for what is left of
// the rows. Loads may pass the end of an array by up to 28 bytes; what they bring is never stored.
import { clamp, madd, storeLanes } from "../../kernels/assembly/simd";

const ROWS: usize = 6;
/** Columns of a panel of weights. */
export const COLUMNS: usize = 8;

/**
 * Up to 6 rows of x times all panels. Rows past `rows` repeat the last one and store the same values
 * again. `tall` is a constant where it is inlined: whether the tile has 6 rows or 3.
 */
// @ts-ignore: decorator
@inline
function multiplyStrip(
  tall: bool,
  x: usize,
  xBytes: usize,
  depth: usize,
  panel: usize,
  columns: usize,
  y: usize,
  yBytes: usize,
  residual: usize,
  rows: usize,
  clamped: bool,
  low: f32,
  high: f32,
): void {
  const last = rows - 1;
  const r1 = min<usize>(1, last), r2 = min<usize>(2, last), r3 = min<usize>(3, last);
  const r4 = min<usize>(4, last), r5 = min<usize>(5, last);
  // Addresses are relative to y, so that the addend of each row lies `addend` further on.
  const addend = residual - y;
  for (let j: usize = 0; j < columns; j += COLUMNS, y += COLUMNS * 4) {
    let a0 = x, a1 = x + r1 * xBytes, a2 = x + r2 * xBytes;
    let a3 = x + r3 * xBytes, a4 = x + r4 * xBytes, a5 = x + r5 * xBytes;
    let c00 = v128.load(panel), c01 = v128.load(panel, 16);
    let c10 = c00, c11 = c01, c20 = c00, c21 = c01;
    let c30 = c00, c31 = c01, c40 = c00, c41 = c01, c50 = c00, c51 = c01;
    panel += COLUMNS * 4;
    let b0: v128, b1: v128, s: v128;
    const end = panel + depth * (COLUMNS * 4);
    // Four steps a turn: with one, a fifth of the time goes into what surrounds short loops.
    for (const whole = panel + depth / 4 * (4 * COLUMNS * 4); panel < whole;) {
      b0 = v128.load(panel), b1 = v128.load(panel, 16);
      s = v128.load32_splat(a0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
      s = v128.load32_splat(a1), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
      s = v128.load32_splat(a2), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
      if (tall) {
        s = v128.load32_splat(a3), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31);
        s = v128.load32_splat(a4), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41);
        s = v128.load32_splat(a5), c50 = madd(s, b0, c50), c51 = madd(s, b1, c51);
      }
      b0 = v128.load(panel, 32), b1 = v128.load(panel, 48);
      s = v128.load32_splat(a0, 4), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
      s = v128.load32_splat(a1, 4), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
      s = v128.load32_splat(a2, 4), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
      if (tall) {
        s = v128.load32_splat(a3, 4), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31);
        s = v128.load32_splat(a4, 4), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41);
        s = v128.load32_splat(a5, 4), c50 = madd(s, b0, c50), c51 = madd(s, b1, c51);
      }
      b0 = v128.load(panel, 64), b1 = v128.load(panel, 80);
      s = v128.load32_splat(a0, 8), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
      s = v128.load32_splat(a1, 8), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
      s = v128.load32_splat(a2, 8), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
      if (tall) {
        s = v128.load32_splat(a3, 8), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31);
        s = v128.load32_splat(a4, 8), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41);
        s = v128.load32_splat(a5, 8), c50 = madd(s, b0, c50), c51 = madd(s, b1, c51);
      }
      b0 = v128.load(panel, 96), b1 = v128.load(panel, 112);
      s = v128.load32_splat(a0, 12), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
      s = v128.load32_splat(a1, 12), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
      s = v128.load32_splat(a2, 12), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
      if (tall) {
        s = v128.load32_splat(a3, 12), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31);
        s = v128.load32_splat(a4, 12), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41);
        s = v128.load32_splat(a5, 12), c50 = madd(s, b0, c50), c51 = madd(s, b1, c51);
      }
      panel += 4 * COLUMNS * 4;
      a0 += 16, a1 += 16, a2 += 16;
      if (tall) a3 += 16, a4 += 16, a5 += 16;
    }
    while (panel < end) {
      b0 = v128.load(panel), b1 = v128.load(panel, 16);
      s = v128.load32_splat(a0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
      s = v128.load32_splat(a1), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
      s = v128.load32_splat(a2), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
      if (tall) {
        s = v128.load32_splat(a3), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31);
        s = v128.load32_splat(a4), c40 = madd(s, b0, c40), c41 = madd(s, b1, c41);
        s = v128.load32_splat(a5), c50 = madd(s, b0, c50), c51 = madd(s, b1, c51);
      }
      panel += COLUMNS * 4;
      a0 += 4, a1 += 4, a2 += 4;
      if (tall) a3 += 4, a4 += 4, a5 += 4;
    }
    const p1 = y + r1 * yBytes, p2 = y + r2 * yBytes, p3 = y + r3 * yBytes;
    const p4 = y + r4 * yBytes, p5 = y + r5 * yBytes;
    if (residual != 0) {
      let p = y + addend;
      c00 = f32x4.add(c00, v128.load(p)), c01 = f32x4.add(c01, v128.load(p, 16));
      p = p1 + addend;
      c10 = f32x4.add(c10, v128.load(p)), c11 = f32x4.add(c11, v128.load(p, 16));
      p = p2 + addend;
      c20 = f32x4.add(c20, v128.load(p)), c21 = f32x4.add(c21, v128.load(p, 16));
      if (tall) {
        p = p3 + addend;
        c30 = f32x4.add(c30, v128.load(p)), c31 = f32x4.add(c31, v128.load(p, 16));
        p = p4 + addend;
        c40 = f32x4.add(c40, v128.load(p)), c41 = f32x4.add(c41, v128.load(p, 16));
        p = p5 + addend;
        c50 = f32x4.add(c50, v128.load(p)), c51 = f32x4.add(c51, v128.load(p, 16));
      }
    }
    if (clamped) {
      const l = f32x4.splat(low), h = f32x4.splat(high);
      c00 = clamp(c00, l, h), c01 = clamp(c01, l, h), c10 = clamp(c10, l, h);
      c11 = clamp(c11, l, h), c20 = clamp(c20, l, h), c21 = clamp(c21, l, h);
      if (tall) {
        c30 = clamp(c30, l, h), c31 = clamp(c31, l, h), c40 = clamp(c40, l, h);
        c41 = clamp(c41, l, h), c50 = clamp(c50, l, h), c51 = clamp(c51, l, h);
      }
    }
    if (columns - j >= COLUMNS) {
      v128.store(y, c00), v128.store(y, c01, 16);
      v128.store(p1, c10), v128.store(p1, c11, 16);
      v128.store(p2, c20), v128.store(p2, c21, 16);
      if (tall) {
        v128.store(p3, c30), v128.store(p3, c31, 16);
        v128.store(p4, c40), v128.store(p4, c41, 16);
        v128.store(p5, c50), v128.store(p5, c51, 16);
      }
    } else {
      const count = columns - j;
      storePart(y, c00, c01, count);
      storePart(p1, c10, c11, count);
      storePart(p2, c20, c21, count);
      if (tall) {
        storePart(p3, c30, c31, count);
        storePart(p4, c40, c41, count);
        storePart(p5, c50, c51, count);
      }
    }
  }
}

/** Stores the first `count` (1 to 7) of eight floats. */
function storePart(to: usize, first: v128, second: v128, count: usize): void {
  storeLanes(to, first, count);
  if (count > 4) storeLanes(to + 16, second, count - 4);
}

/**
 * y[rows, columns] = clamp(x[rows, depth] · w + bias + residual), all dense. `panels` holds w in
 * panels of 8 columns, each its 8 biases and then [depth, 8], zeros at the right. No residual is 0.
 */
export function multiply(
  x: usize,
  rows: usize,
  depth: usize,
  panels: usize,
  columns: usize,
  y: usize,
  residual: usize,
  low: f32,
  high: f32,
): void {
  const xBytes = depth << 2, yBytes = columns << 2;
  const clamped = low > -Infinity || high < Infinity;
  for (let i: usize = 0; i < rows; i += ROWS) {
    const count = min(ROWS, rows - i);
    if (count > 3) {
      // deno-fmt-ignore
      multiplyStrip(true, x, xBytes, depth, panels, columns, y, yBytes, residual, count, clamped,
        low, high);
    } else {
      // deno-fmt-ignore
      multiplyStrip(false, x, xBytes, depth, panels, columns, y, yBytes, residual, count, clamped,
        low, high);
    }
    x += ROWS * xBytes, y += ROWS * yBytes;
    if (residual != 0) residual += ROWS * yBytes;
  }
}
