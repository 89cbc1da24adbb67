/**
 * Lets few at a time through and a few wait; whoever comes then is sent away.
 *
 * @module
 */
import { HttpError } from "./http_error.ts";

/** How many may be inside. */
export interface TurnstileLimits {
  /** How many work at once. */
  readonly concurrency: number;
  /** How many more may be there, waiting or still sending. */
  readonly maxWaiting: number;
}

/** Counts who is inside, and who works. */
export class Turnstile {
  #limits: TurnstileLimits;
  #inside = 0;
  #working = 0;
  #waiting: (() => void)[] = [];

  /** @param limits How many may be inside. */
  constructor(limits: TurnstileLimits) {
    this.#limits = limits;
  }

  /** How many are inside. */
  get inside(): number {
    return this.#inside;
  }

  /** Runs a visit from its start to its end. Throws an {@linkcode HttpError} 503 when it is full. */
  async visit<Result>(run: () => Promise<Result>): Promise<Result> {
    const { concurrency, maxWaiting } = this.#limits;
    if (this.#inside >= concurrency + maxWaiting) {
      throw new HttpError(503, "busy", "Cannot take the photo now: too many are waiting", {
        "retry-after": "1",
      });
    }
    this.#inside++;
    try {
      return await run();
    } finally {
      this.#inside--;
    }
  }

  /** Runs the part of a visit that few may do at once; in the order of coming. */
  async work<Result>(run: () => Promise<Result>): Promise<Result> {
    if (this.#working < this.#limits.concurrency) this.#working++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve)); // takes over a place
    try {
      // Work keeps the thread to itself: first those outside must get in, or be sent away.
      await new Promise((resolve) => setTimeout(resolve));
      return await run();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#working--;
    }
  }
}
