// Matrix products with all that may follow them: bias, sum with another activation, clamp.
//
// Register tiles of 4 × 8: eight sums, four vectors of x of which one number after the other is taken,
// two of weights and one for that number are all registers there are. A tile of 6 × 8 would need fewer
// loads of weights, but would load each number of x by itself: under Deno every load comes with a
// comparison and a branch, which take turns with multiply-adds. Loads may pass the end of an array by
// up to 28 bytes; what they bring is never stored.
import { clamp, madd, storeLanes } from "../../kernels/assembly/simd";

const ROWS: usize = 4;
/** Columns of a panel of weights. */
export const COLUMNS: usize = 8;

// One number of a vector in all lanes; the compiler wants to know which.
// @ts-ignore: decorator
@inline
function lane0(x: v128): v128 {
  return v128.shuffle<f32>(x, x, 0, 0, 0, 0);
}
// @ts-ignore: decorator
@inline
function lane1(x: v128): v128 {
  return v128.shuffle<f32>(x, x, 1, 1, 1, 1);
}
// @ts-ignore: decorator
@inline
function lane2(x: v128): v128 {
  return v128.shuffle<f32>(x, x, 2, 2, 2, 2);
}
// @ts-ignore: decorator
@inline
function lane3(x: v128): v128 {
  return v128.shuffle<f32>(x, x, 3, 3, 3, 3);
}

/**
 * Up to 4 rows of x times all panels. Rows past `rows` repeat the last one and store the same values
 * again. `dense` is a constant where it is inlined: whether rows are in one piece.
 */
// @ts-ignore: decorator
@inline
function multiplyStrip(
  dense: bool,
  x: usize,
  xBytes: usize,
  depth: usize,
  pieces: usize,
  pieceBytes: usize,
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
  // All that a tile needs not compute itself: products run on a port of multiply-adds.
  const d1 = r1 * yBytes, d2 = r2 * yBytes, d3 = r3 * yBytes;
  const x1 = x + r1 * xBytes, x2 = x + r2 * xBytes, x3 = x + r3 * xBytes;
  // From the end of a piece to the start of the next one.
  const gap = pieceBytes - (depth << 2);
  const pieceLength = depth * (COLUMNS * 4), wholeLength = depth / 4 * (4 * COLUMNS * 4);
  // Addresses are relative to y, so that the addend of each row lies `addend` further on.
  const addend = residual - y;
  for (let j: usize = 0; j < columns; j += COLUMNS, y += COLUMNS * 4) {
    let a0 = x, a1 = x1, a2 = x2, a3 = x3;
    let c00 = v128.load(panel), c01 = v128.load(panel, 16);
    let c10 = c00, c11 = c01, c20 = c00, c21 = c01, c30 = c00, c31 = c01;
    panel += COLUMNS * 4;
    let b0: v128, b1: v128, s: v128;
    let piece = pieces;
    while (true) {
      const end = panel + pieceLength;
      for (const whole = panel + wholeLength; panel < whole;) {
        const v0 = v128.load(a0), v1 = v128.load(a1), v2 = v128.load(a2), v3 = v128.load(a3);
        b0 = v128.load(panel), b1 = v128.load(panel, 16);
        s = lane0(v0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
        s = lane0(v1), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
        s = lane0(v2), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
        s = lane0(v3), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31);
        b0 = v128.load(panel, 32), b1 = v128.load(panel, 48);
        s = lane1(v0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
        s = lane1(v1), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
        s = lane1(v2), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
        s = lane1(v3), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31);
        b0 = v128.load(panel, 64), b1 = v128.load(panel, 80);
        s = lane2(v0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
        s = lane2(v1), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
        s = lane2(v2), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
        s = lane2(v3), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31);
        b0 = v128.load(panel, 96), b1 = v128.load(panel, 112);
        s = lane3(v0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
        s = lane3(v1), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
        s = lane3(v2), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
        s = lane3(v3), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31);
        panel += 4 * COLUMNS * 4;
        a0 += 16, a1 += 16, a2 += 16, a3 += 16;
      }
      while (panel < end) {
        b0 = v128.load(panel), b1 = v128.load(panel, 16);
        s = v128.load32_splat(a0), c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
        s = v128.load32_splat(a1), c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
        s = v128.load32_splat(a2), c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
        s = v128.load32_splat(a3), c30 = madd(s, b0, c30), c31 = madd(s, b1, c31);
        panel += COLUMNS * 4;
        a0 += 4, a1 += 4, a2 += 4, a3 += 4;
      }
      if (dense || --piece == 0) break;
      a0 += gap, a1 += gap, a2 += gap, a3 += gap;
    }
    const p1 = y + d1, p2 = y + d2, p3 = y + d3;
    if (residual != 0) {
      let p = y + addend;
      c00 = f32x4.add(c00, v128.load(p)), c01 = f32x4.add(c01, v128.load(p, 16));
      p = p1 + addend;
      c10 = f32x4.add(c10, v128.load(p)), c11 = f32x4.add(c11, v128.load(p, 16));
      p = p2 + addend;
      c20 = f32x4.add(c20, v128.load(p)), c21 = f32x4.add(c21, v128.load(p, 16));
      p = p3 + addend;
      c30 = f32x4.add(c30, v128.load(p)), c31 = f32x4.add(c31, v128.load(p, 16));
    }
    if (clamped) {
      const l = f32x4.splat(low), h = f32x4.splat(high);
      c00 = clamp(c00, l, h), c01 = clamp(c01, l, h), c10 = clamp(c10, l, h);
      c11 = clamp(c11, l, h), c20 = clamp(c20, l, h), c21 = clamp(c21, l, h);
      c30 = clamp(c30, l, h), c31 = clamp(c31, l, h);
    }
    if (columns - j >= COLUMNS) {
      v128.store(y, c00), v128.store(y, c01, 16);
      v128.store(p1, c10), v128.store(p1, c11, 16);
      v128.store(p2, c20), v128.store(p2, c21, 16);
      v128.store(p3, c30), v128.store(p3, c31, 16);
    } else {
      const count = columns - j;
      storePart(y, c00, c01, count);
      storePart(p1, c10, c11, count);
      storePart(p2, c20, c21, count);
      storePart(p3, c30, c31, count);
    }
  }
}

/** Stores the first `count` (1 to 7) of eight floats. */
function storePart(to: usize, first: v128, second: v128, count: usize): void {
  storeLanes(to, first, count);
  if (count > 4) storeLanes(to + 16, second, count - 4);
}

/** All strips; see `multiplyPieces`. `dense` is a constant where it is inlined. */
// @ts-ignore: decorator
@inline
function multiplyStrips(
  dense: bool,
  x: usize,
  xBytes: usize,
  rows: usize,
  depth: usize,
  pieces: usize,
  pieceBytes: usize,
  panels: usize,
  columns: usize,
  y: usize,
  residual: usize,
  low: f32,
  high: f32,
): void {
  const yBytes = columns << 2;
  const clamped = low > -Infinity || high < Infinity;
  for (let i: usize = 0; i < rows; i += ROWS) {
    // deno-fmt-ignore
    multiplyStrip(dense, x, xBytes, depth, pieces, pieceBytes, panels, columns, y, yBytes, residual,
      min(ROWS, rows - i), clamped, low, high);
    x += ROWS * xBytes, y += ROWS * yBytes;
    if (residual != 0) residual += ROWS * yBytes;
  }
}

/**
 * y[rows, columns] = clamp(x[rows, pieces · depth] · w + bias + residual), y dense. Rows of x start
 * `xBytes` apart; each is in `pieces` of `depth` numbers, `pieceBytes` apart. `panels` holds w in panels
 * of 8 columns, each its 8 biases and then [pieces · depth, 8], zeros at the right. No residual is 0.
 */
export function multiplyPieces(
  x: usize,
  xBytes: usize,
  rows: usize,
  depth: usize,
  pieces: usize,
  pieceBytes: usize,
  panels: usize,
  columns: usize,
  y: usize,
  residual: usize,
  low: f32,
  high: f32,
): void {
  // deno-fmt-ignore
  multiplyStrips(false, x, xBytes, rows, depth, pieces, pieceBytes, panels, columns, y, residual, low,
    high);
}

/** The same where x is dense, too. */
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
  const bytes = depth << 2;
  // deno-fmt-ignore
  multiplyStrips(true, x, bytes, rows, depth, 1, bytes, panels, columns, y, residual, low, high);
}
