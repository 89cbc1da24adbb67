/**
 * A map that forgets what was used longest ago once its values take too many bytes.
 *
 * @module
 */

/** Least-recently-used cache with a budget in bytes. */
export class Lru<Value> {
  readonly #entries = new Map<string, { value: Value; bytes: number }>();
  readonly #budgetBytes: number;
  #bytes = 0;

  /** @param budgetBytes Values take at most this much together; 0 keeps none. */
  constructor(budgetBytes: number) {
    this.#budgetBytes = budgetBytes;
  }

  /** Bytes of the values that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The value of a key, which becomes the most recent. */
  get(key: string): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    // A Map keeps the order of insertion, so the first key is the oldest.
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** Keeps a value; one larger than the whole budget is not kept. */
  set(key: string, value: Value, bytes: number): void {
    this.#drop(key);
    if (bytes > this.#budgetBytes) return;
    this.#entries.set(key, { value, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#budgetBytes) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }
}
