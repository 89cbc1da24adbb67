/**
 * Sharing a few things among many who need one for a while.
 *
 * @module
 */

/** Things that one at a time may have; whoever asked first gets the next one. */
export class Pool<Thing> {
  readonly #free: Thing[];
  readonly #waiting: ((thing: Thing) => void)[] = [];

  /** @param things All of them, free as yet. */
  constructor(things: readonly Thing[]) {
    this.#free = [...things];
  }

  /** Waits for a thing, and has it until the work is done. */
  async use<Result>(work: (thing: Thing) => Promise<Result>): Promise<Result> {
    const thing = this.#free.pop() ??
      await new Promise<Thing>((resolve) => this.#waiting.push(resolve));
    try {
      return await work(thing);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free.push(thing);
      else next(thing);
    }
  }
}
