/**
 * One block of memory for all activations: those that are never alive together share their place.
 *
 * @module
 */

/** An activation: its size and the steps during which it must be there, first and last included. */
export interface Lifetime {
  readonly bytes: number;
  readonly from: number;
  readonly to: number;
}

/** Where everything lies. */
export interface Arena {
  /** Byte offset of each activation, in the order they were given. */
  readonly offsets: readonly number[];
  /** Bytes in all. */
  readonly bytes: number;
}

/** Bytes of a number in an activation. */
export const FLOAT_BYTES = 4;
/** Kernels may read and write this far past an array. */
export const SLACK_BYTES = 64;

/** Offsets are multiples of this: a cache line. */
const ALIGNMENT = 64;

/** Rounds up to a whole number of cache lines. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

/**
 * Places activations: the largest first, each at the lowest offset where nothing that lives at the
 * same time is in its way.
 *
 * Reference: Pisarchyk and Lee 2020, arXiv 2001.03288, "greedy by size".
 */
export function planArena(lifetimes: readonly Lifetime[]): Arena {
  const offsets = new Array<number>(lifetimes.length).fill(0);
  const placed: number[] = [];
  const bySize = lifetimes.map((_, i) => i)
    .sort((a, b) => lifetimes[b]!.bytes - lifetimes[a]!.bytes);
  let bytes = 0;
  for (const i of bySize) {
    const { from, to, bytes: size } = lifetimes[i]!;
    const inTheWay = placed
      .filter((j) => lifetimes[j]!.from <= to && from <= lifetimes[j]!.to)
      .sort((a, b) => offsets[a]! - offsets[b]!);
    let offset = 0;
    for (const j of inTheWay) {
      if (offset + aligned(size) <= offsets[j]!) break;
      offset = Math.max(offset, offsets[j]! + aligned(lifetimes[j]!.bytes));
    }
    offsets[i] = offset;
    placed.push(i);
    bytes = Math.max(bytes, offset + aligned(size));
  }
  return { offsets, bytes };
}
