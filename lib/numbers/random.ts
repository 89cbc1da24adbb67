/**
 * Seeded random numbers: the same seed gives the same numbers on every machine and backend.
 *
 * Generator: sfc32 (Chris Doty-Humphrey, PractRand), 128 bits of state. Seeding mixes the key with
 * the finaliser of MurmurHash3, so neighbouring keys give unrelated streams.
 *
 * @module
 */

/** A key from which a stream of random numbers starts; see {@linkcode Random}. */
export type RandomKey = readonly (number | string)[];

/** Mixes one 32-bit word into a running hash (MurmurHash3 `fmix32`). */
function mix(hash: number, word: number): number {
  let h = (hash ^ word) + 0x9e3779b9 | 0;
  h = Math.imul(h ^ h >>> 16, 0x85ebca6b);
  h = Math.imul(h ^ h >>> 13, 0xc2b2ae35);
  return (h ^ h >>> 16) >>> 0;
}

function hashPart(hash: number, part: number | string): number {
  if (typeof part === "number") return mix(mix(hash, part >>> 0), Math.floor(part / 2 ** 32));
  let h = mix(hash, part.length);
  for (let i = 0; i < part.length; i++) h = mix(h, part.charCodeAt(i));
  return h;
}

/**
 * A stream of random numbers that depends only on its key.
 *
 * Deriving a stream from what it is for (`new Random([seed, "augment", epoch, index])`) instead of
 * passing one stream around makes every draw independent of the order of the others; a resumed
 * training needs no stored random state.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param key Numbers and strings that name the stream; the seed comes first by custom. */
  constructor(key: RandomKey) {
    const hash = key.reduce<number>(hashPart, 0);
    this.#a = mix(hash, 1);
    this.#b = mix(hash, 2);
    this.#c = mix(hash, 3);
    for (let i = 0; i < 12; i++) this.#next();
  }

  #next(): number {
    const t = (this.#a + this.#b | 0) + this.#counter | 0;
    this.#counter = this.#counter + 1 | 0;
    this.#a = this.#b ^ this.#b >>> 9;
    this.#b = this.#c + (this.#c << 3) | 0;
    this.#c = (this.#c << 21 | this.#c >>> 11) + t | 0;
    return t >>> 0;
  }

  /** A number in [0, 1). */
  uniform(): number;
  /** A number in [low, high). */
  uniform(low: number, high: number): number;
  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.#next() / 2 ** 32);
  }

  /** An integer in [0, n). */
  integer(n: number): number {
    return Math.floor(this.uniform() * n);
  }

  /** `true` with probability `p`. */
  chance(p: number): boolean {
    return this.uniform() < p;
  }

  /** One of the items. Throws a `RangeError` when there is none. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError("Cannot pick an item: the list is empty");
    return items[this.integer(items.length)]!;
  }

  /** A number of the standard normal distribution (Box-Muller). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  /** The numbers 0 … n − 1 in random order (Fisher-Yates). */
  permutation(n: number): Uint32Array {
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }
}
