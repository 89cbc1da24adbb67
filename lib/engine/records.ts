/**
 * Records that kernels read from memory: more than one wants to hand over in a call.
 *
 * @module
 */

/** Bytes of a number in a record. */
export const WORD_BYTES = 4;

/** Writes records of 32-bit numbers, one after the other from an address on. */
export class Records {
  #words: number[] = [];
  #floats = new Set<number>();
  readonly #base: number;

  /** @param base Address of the first one. */
  constructor(base: number) {
    this.#base = base;
  }

  /** Appends a record. Floats go in as they are, integers as such. Returns its address. */
  add(integers: readonly number[], floats: readonly number[] = []): number {
    const address = this.#base + this.#words.length * WORD_BYTES;
    this.#words.push(...integers);
    for (const value of floats) {
      this.#floats.add(this.#words.length);
      this.#words.push(value);
    }
    return address;
  }

  /** Bytes of all of them. */
  get bytes(): number {
    return this.#words.length * WORD_BYTES;
  }

  /** All of them, to be copied to the address of the first one. */
  buffer(): ArrayBuffer {
    const view = new DataView(new ArrayBuffer(this.bytes));
    this.#words.forEach((word, i) => {
      if (this.#floats.has(i)) view.setFloat32(i * WORD_BYTES, word, true);
      else view.setInt32(i * WORD_BYTES, word, true);
    });
    return view.buffer;
  }
}
