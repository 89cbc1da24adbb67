/**
 * A plain product of matrices, in register tiles of 4 × 8 and nothing clever: what the kernels have to
 * beat. It gets its matrices ready made, with no window to unroll and no edge of a tile to mind.
 *
 * @module
 */
import { type Build, compile, FEATURES } from "./compile.ts";

const ROWS = 4, COLUMNS = 8;

/** Rows of B that stay in the second-level cache while tiles go by, for products that are deep. */
const DEPTH = 512;

const SOURCE = `
// @ts-ignore: decorator
@inline
function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** C[m, n] = A · B, element (i, k) of A at a + aRow · i + aDepth · k; strides in bytes. */
export function multiply(
  a: usize, aRow: usize, aDepth: usize, b: usize, c: usize, m: usize, n: usize, depth: usize,
): void {
  const row = n << 2;
  for (let k0: usize = 0; k0 < depth; k0 += ${DEPTH}) {
    const count = min<usize>(${DEPTH}, depth - k0);
    for (let i: usize = 0; i < m; i += ${ROWS}) {
      for (let j: usize = 0; j < n; j += ${COLUMNS}) {
        let p = a + aRow * i + aDepth * k0, q = b + row * k0 + (j << 2);
        const r1 = aRow, r2 = 2 * aRow, r3 = 3 * aRow;
        let s00 = f32x4.splat(0), s01 = s00, s10 = s00, s11 = s00;
        let s20 = s00, s21 = s00, s30 = s00, s31 = s00;
        for (const end = q + row * count; q < end; q += row, p += aDepth) {
          const left = v128.load(q), right = v128.load(q, 16);
          let x = v128.load32_splat(p);
          s00 = madd(x, left, s00), s01 = madd(x, right, s01);
          x = v128.load32_splat(p + r1);
          s10 = madd(x, left, s10), s11 = madd(x, right, s11);
          x = v128.load32_splat(p + r2);
          s20 = madd(x, left, s20), s21 = madd(x, right, s21);
          x = v128.load32_splat(p + r3);
          s30 = madd(x, left, s30), s31 = madd(x, right, s31);
        }
        const t0 = c + row * i + (j << 2), t1 = t0 + row, t2 = t1 + row, t3 = t2 + row;
        if (k0 > 0) {
          s00 = f32x4.add(s00, v128.load(t0)), s01 = f32x4.add(s01, v128.load(t0, 16));
          s10 = f32x4.add(s10, v128.load(t1)), s11 = f32x4.add(s11, v128.load(t1, 16));
          s20 = f32x4.add(s20, v128.load(t2)), s21 = f32x4.add(s21, v128.load(t2, 16));
          s30 = f32x4.add(s30, v128.load(t3)), s31 = f32x4.add(s31, v128.load(t3, 16));
        }
        v128.store(t0, s00), v128.store(t0, s01, 16);
        v128.store(t1, s10), v128.store(t1, s11, 16);
        v128.store(t2, s20), v128.store(t2, s21, 16);
        v128.store(t3, s30), v128.store(t3, s31, 16);
      }
    }
  }
}

export function copy(to: usize, from: usize, bytes: usize): void {
  memory.copy(to, from, bytes);
}
`;

/** A product of matrices: `[rows, depth] · [depth, columns]`. */
export interface ProductShape {
  readonly rows: number;
  readonly depth: number;
  readonly columns: number;
  /** Whether the left matrix lies as `[depth, rows]`. */
  readonly isTransposed: boolean;
}

interface Exports {
  readonly memory: WebAssembly.Memory;
  multiply(...numbers: number[]): void;
  copy(to: number, from: number, bytes: number): void;
}

const PAGE_BYTES = 2 ** 16;

/** The product, compiled for the fastest build that this runtime can run. */
export class PlainProduct {
  #exports: Exports;

  private constructor(exports: unknown) {
    this.#exports = exports as Exports;
  }

  /** Compiles it. */
  static async load(): Promise<PlainProduct> {
    for (const build of Object.keys(FEATURES) as Build[]) {
      const module = await compile(SOURCE, build);
      if (module) return new PlainProduct(new WebAssembly.Instance(module).exports);
    }
    throw new Error("Cannot compare with a plain product: this runtime has no SIMD");
  }

  /** A function that makes a product of such a shape, its sides rounded up to whole tiles. */
  of({ rows, depth, columns, isTransposed }: ProductShape): () => void {
    const m = Math.ceil(rows / ROWS) * ROWS, n = Math.ceil(columns / COLUMNS) * COLUMNS;
    const [a, b, c] = this.#place([m * depth, depth * n, m * n]);
    const [aRow, aDepth] = isTransposed ? [4, 4 * m] : [4 * depth, 4];
    return () => this.#exports.multiply(a!, aRow!, aDepth!, b!, c!, m, n, depth);
  }

  /** A function that copies so many bytes. */
  copyOf(bytes: number): () => void {
    const [from, to] = this.#place([bytes / 4, bytes / 4]);
    return () => this.#exports.copy(to!, from!, bytes);
  }

  /** Where arrays of so many floats lie, one after the other; what was there is written over. */
  #place(sizes: readonly number[]): number[] {
    let end = PAGE_BYTES;
    const places = sizes.map((size) => {
      const place = end;
      end += Math.ceil(size / 16) * 64;
      return place;
    });
    const { memory } = this.#exports;
    const lacking = end - memory.buffer.byteLength;
    if (lacking > 0) memory.grow(Math.ceil(lacking / PAGE_BYTES));
    new Float32Array(memory.buffer, PAGE_BYTES, (end - PAGE_BYTES) / 4).fill(0.5);
    return places;
  }
}
