/**
 * Histograms.
 *
 * @module
 */

/** Counts of values between edges. */
export interface Histogram {
  /** Ascending edges: bin `k` holds `edges[k] ≤ value < edges[k + 1]`, the last all from there on. */
  readonly edges: readonly number[];
  /** One count for each edge. */
  readonly counts: readonly number[];
}

/** Counts values into bins. */
export class Counter {
  readonly #edges: readonly number[];
  readonly #counts: number[];

  /** @param edges See {@linkcode Histogram}. */
  constructor(edges: readonly number[]) {
    this.#edges = edges;
    this.#counts = edges.map(() => 0);
  }

  /** Counts a value; one below the first edge, or NaN, is passed over. */
  add(value: number): void {
    const bin = this.#edges.findLastIndex((edge) => value >= edge);
    if (bin >= 0) this.#counts[bin]!++;
  }

  /** How many values were counted. */
  get total(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** The counts so far. */
  get histogram(): Histogram {
    return { edges: this.#edges, counts: this.#counts };
  }
}
