// Matrix products over row-major floats, in register tiles of 6 × 8: 12 accumulators, two vectors
// of B and one splat of A fill the 15 vector registers that V8 gives a function on x86-64.
//
// Loads may pass the end of a matrix by up to 28 bytes; what they bring is never stored.
import { addFloats, copyFloats, madd } from "./simd";

const ROWS: usize = 6;
const COLUMNS: usize = 8;
/** Depth of one pass: 6 rows of A and a panel of B take 21 KiB, part of the first-level cache. */
const DEPTH: usize = 384;
/** Bytes that stay in the second-level cache: of B while the rows of A go by, or of both. */
const BLOCK_BYTES: usize = 256 << 10;
/** Bytes of one tile, the scratch that products need. */
export const TILE_BYTES: usize = ROWS * COLUMNS * 4;

/** Bytes that `packPanels` writes. */
export function panelBytes(depth: usize, columns: usize): usize {
  return ((columns + COLUMNS - 1) / COLUMNS) * COLUMNS * depth * 4;
}

/**
 * Copies B[depth, columns] into panels of 8 columns, each [depth, 8], zero-filled at the right.
 * Element (k, j) is read at b + 4 · (k · depthStride + j · columnStride).
 */
export function packPanels(
  b: usize,
  depthStride: usize,
  columnStride: usize,
  depth: usize,
  columns: usize,
  panels: usize,
): void {
  for (let first: usize = 0; first < columns; first += COLUMNS) {
    const count = min(COLUMNS, columns - first);
    for (let k: usize = 0; k < depth; k++) {
      let from = b + ((k * depthStride + first * columnStride) << 2);
      let j: usize = 0;
      for (; j < count; j++, panels += 4, from += columnStride << 2) {
        f32.store(panels, f32.load(from));
      }
      for (; j < COLUMNS; j++, panels += 4) f32.store(panels, 0);
    }
  }
}

/** Writes or adds the first `rows` × `columns` of a tile, for edges narrower than a tile. */
function placeTile(
  tile: usize,
  c: usize,
  cBytes: usize,
  rows: usize,
  columns: usize,
  accumulate: bool,
): void {
  for (let i: usize = 0; i < rows; i++, c += cBytes, tile += COLUMNS * 4) {
    if (accumulate) addFloats(c, tile, columns);
    else copyFloats(c, tile, columns);
  }
}

/**
 * A strip of up to 6 rows of A times panels of B, `columns` columns in all. Rows past `rows` repeat
 * the last one and store the same values again.
 */
function multiplyStrip(
  a: usize,
  aBytes: usize,
  panel: usize,
  panelStep: usize,
  depth: usize,
  c: usize,
  cBytes: usize,
  rows: usize,
  columns: usize,
  accumulate: bool,
  tile: usize,
): void {
  const last = rows - 1;
  const r1 = min<usize>(1, last), r2 = min<usize>(2, last), r3 = min<usize>(3, last);
  const r4 = min<usize>(4, last), r5 = min<usize>(5, last);
  for (let j: usize = 0; j < columns; j += COLUMNS, panel += panelStep, c += COLUMNS * 4) {
    let a0 = a, a1 = a + r1 * aBytes, a2 = a + r2 * aBytes, a3 = a + r3 * aBytes;
    let a4 = a + r4 * aBytes, a5 = a + r5 * aBytes;
    let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00;
    let c30 = c00, c31 = c00, c40 = c00, c41 = c00, c50 = c00, c51 = c00;
    for (let b = panel, end = b + depth * (COLUMNS * 4); b < end; b += COLUMNS * 4) {
      const b0 = v128.load(b), b1 = v128.load(b, 16);
      let s = v128.load32_splat(a0);
      c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
      s = v128.load32_splat(a1);
      c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
      s = v128.load32_splat(a2);
      c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
      s = v128.load32_splat(a3);
      c30 = madd(s, b0, c30), c31 = madd(s, b1, c31);
      s = v128.load32_splat(a4);
      c40 = madd(s, b0, c40), c41 = madd(s, b1, c41);
      s = v128.load32_splat(a5);
      c50 = madd(s, b0, c50), c51 = madd(s, b1, c51);
      a0 += 4, a1 += 4, a2 += 4, a3 += 4, a4 += 4, a5 += 4;
    }
    const whole = columns - j >= COLUMNS;
    const to = whole ? c : tile, toBytes = whole ? cBytes : COLUMNS * 4;
    const p1 = to + r1 * toBytes, p2 = to + r2 * toBytes, p3 = to + r3 * toBytes;
    const p4 = to + r4 * toBytes, p5 = to + r5 * toBytes;
    if (whole && accumulate) {
      c00 = f32x4.add(c00, v128.load(to)), c01 = f32x4.add(c01, v128.load(to, 16));
      c10 = f32x4.add(c10, v128.load(p1)), c11 = f32x4.add(c11, v128.load(p1, 16));
      c20 = f32x4.add(c20, v128.load(p2)), c21 = f32x4.add(c21, v128.load(p2, 16));
      c30 = f32x4.add(c30, v128.load(p3)), c31 = f32x4.add(c31, v128.load(p3, 16));
      c40 = f32x4.add(c40, v128.load(p4)), c41 = f32x4.add(c41, v128.load(p4, 16));
      c50 = f32x4.add(c50, v128.load(p5)), c51 = f32x4.add(c51, v128.load(p5, 16));
    }
    v128.store(to, c00), v128.store(to, c01, 16);
    v128.store(p1, c10), v128.store(p1, c11, 16);
    v128.store(p2, c20), v128.store(p2, c21, 16);
    v128.store(p3, c30), v128.store(p3, c31, 16);
    v128.store(p4, c40), v128.store(p4, c41, 16);
    v128.store(p5, c50), v128.store(p5, c51, 16);
    if (!whole) placeTile(tile, c, cBytes, rows, columns - j, accumulate);
  }
}

/**
 * C[m, n] = A[m, k] · B[k, n], A and C dense, B as `packPanels` wrote it. `tile` is TILE_BYTES of
 * scratch.
 */
export function multiply(
  a: usize,
  panels: usize,
  c: usize,
  m: usize,
  n: usize,
  k: usize,
  tile: usize,
): void {
  const aBytes = k << 2, cBytes = n << 2, panelStep = k * (COLUMNS * 4);
  for (let k0: usize = 0; k0 < k; k0 += DEPTH) {
    const depth = min(DEPTH, k - k0);
    const block = max(COLUMNS, BLOCK_BYTES / (depth << 2) / COLUMNS * COLUMNS);
    for (let j: usize = 0; j < n; j += block) {
      const panel = panels + j / COLUMNS * panelStep + k0 * (COLUMNS * 4);
      const columns = min(block, n - j);
      for (let i: usize = 0; i < m; i += ROWS) {
        const from = a + i * aBytes + (k0 << 2), to = c + i * cBytes + (j << 2);
        const rows = min(ROWS, m - i);
        // deno-fmt-ignore
        multiplyStrip(from, aBytes, panel, panelStep, depth, to, cBytes, rows, columns, k0 > 0,
          tile);
      }
    }
  }
}

/** One tile of Aᵀ · B added to C (6 columns of A, 8 of B, over `depth` rows of both). */
function multiplyTransposedTile(
  a: usize,
  aBytes: usize,
  b: usize,
  bBytes: usize,
  depth: usize,
  c: usize,
  cBytes: usize,
  accumulate: bool,
): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00;
  let c30 = c00, c31 = c00, c40 = c00, c41 = c00, c50 = c00, c51 = c00;
  for (const end = b + depth * bBytes; b < end; b += bBytes, a += aBytes) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let s = v128.load32_splat(a);
    c00 = madd(s, b0, c00), c01 = madd(s, b1, c01);
    s = v128.load32_splat(a, 4);
    c10 = madd(s, b0, c10), c11 = madd(s, b1, c11);
    s = v128.load32_splat(a, 8);
    c20 = madd(s, b0, c20), c21 = madd(s, b1, c21);
    s = v128.load32_splat(a, 12);
    c30 = madd(s, b0, c30), c31 = madd(s, b1, c31);
    s = v128.load32_splat(a, 16);
    c40 = madd(s, b0, c40), c41 = madd(s, b1, c41);
    s = v128.load32_splat(a, 20);
    c50 = madd(s, b0, c50), c51 = madd(s, b1, c51);
  }
  const p1 = c + cBytes, p2 = p1 + cBytes, p3 = p2 + cBytes, p4 = p3 + cBytes, p5 = p4 + cBytes;
  if (accumulate) {
    c00 = f32x4.add(c00, v128.load(c)), c01 = f32x4.add(c01, v128.load(c, 16));
    c10 = f32x4.add(c10, v128.load(p1)), c11 = f32x4.add(c11, v128.load(p1, 16));
    c20 = f32x4.add(c20, v128.load(p2)), c21 = f32x4.add(c21, v128.load(p2, 16));
    c30 = f32x4.add(c30, v128.load(p3)), c31 = f32x4.add(c31, v128.load(p3, 16));
    c40 = f32x4.add(c40, v128.load(p4)), c41 = f32x4.add(c41, v128.load(p4, 16));
    c50 = f32x4.add(c50, v128.load(p5)), c51 = f32x4.add(c51, v128.load(p5, 16));
  }
  v128.store(c, c00), v128.store(c, c01, 16);
  v128.store(p1, c10), v128.store(p1, c11, 16);
  v128.store(p2, c20), v128.store(p2, c21, 16);
  v128.store(p3, c30), v128.store(p3, c31, 16);
  v128.store(p4, c40), v128.store(p4, c41, 16);
  v128.store(p5, c50), v128.store(p5, c51, 16);
}

/** C[k, n] += A[m, k]ᵀ · B[m, n], all three dense. `tile` is TILE_BYTES of scratch. */
export function addTransposedProduct(
  a: usize,
  b: usize,
  c: usize,
  m: usize,
  k: usize,
  n: usize,
  tile: usize,
): void {
  const aBytes = k << 2, bBytes = n << 2;
  const block = max<usize>(32, BLOCK_BYTES / (aBytes + bBytes));
  for (let i0: usize = 0; i0 < m; i0 += block) {
    const depth = min(block, m - i0);
    const aBlock = a + i0 * aBytes, bBlock = b + i0 * bBytes;
    for (let j: usize = 0; j < n; j += COLUMNS) {
      for (let i: usize = 0; i < k; i += ROWS) {
        const from = aBlock + (i << 2), right = bBlock + (j << 2), to = c + ((i * n + j) << 2);
        if (k - i >= ROWS && n - j >= COLUMNS) {
          multiplyTransposedTile(from, aBytes, right, bBytes, depth, to, bBytes, true);
        } else {
          multiplyTransposedTile(from, aBytes, right, bBytes, depth, tile, COLUMNS * 4, false);
          placeTile(tile, to, bBytes, min(ROWS, k - i), min(COLUMNS, n - j), true);
        }
      }
    }
  }
}

/** Multiply-adds of `addTransposedProduct` with whole tiles, for choosing between C and Cᵀ. */
export function transposedProductCost(k: usize, n: usize): usize {
  return (k + ROWS - 1) / ROWS * ROWS * ((n + COLUMNS - 1) / COLUMNS * COLUMNS);
}

/** to[columns, rows] = from[rows, columns]ᵀ. */
export function transpose(from: usize, rows: usize, columns: usize, to: usize): void {
  for (let j: usize = 0; j < columns; j++, from += 4) {
    let p = from;
    for (let i: usize = 0; i < rows; i++, p += columns << 2, to += 4) f32.store(to, f32.load(p));
  }
}
