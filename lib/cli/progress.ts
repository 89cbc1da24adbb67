/**
 * Progress for people: one line that is rewritten in place on a terminal, a plain line now and then
 * elsewhere (in a log file a rewritten line would be a mess).
 *
 * @module
 */

/** Where progress goes; {@linkcode stderrOutput} unless it is a test. */
export interface ProgressOutput {
  /** Whether lines can be rewritten. */
  readonly isTerminal: boolean;
  /** Width of the terminal, in characters. */
  columns(): number;
  /** Writes text. */
  write(text: string): void;
  /** Milliseconds from any starting point. */
  now(): number;
}

/** Standard error. */
export const stderrOutput: ProgressOutput = {
  isTerminal: Deno.stderr.isTerminal(),
  columns: () => Deno.consoleSize().columns,
  write: (text) => void Deno.stderr.writeSync(new TextEncoder().encode(text)),
  now: () => performance.now(),
};

/** Rewriting more often than this only flickers. */
const TERMINAL_INTERVAL_MS = 100;
const PLAIN_INTERVAL_MS = 10_000;
const ERASE_LINE = "\r\x1b[K";

/** A line that says how far things are. */
export class Progress {
  #output: ProgressOutput;
  #intervalMs: number;
  #nextMs: number;

  /** @param output Where it goes. Default: stderr. */
  constructor(output: ProgressOutput = stderrOutput) {
    this.#output = output;
    this.#intervalMs = output.isTerminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS;
    // The first plain line waits too: what ends soon needs none.
    this.#nextMs = output.isTerminal ? -Infinity : output.now() + this.#intervalMs;
  }

  /** Shows a line, unless one was shown a moment ago. Call it as often as you like. */
  show(text: string): void {
    const now = this.#output.now();
    if (now < this.#nextMs) return;
    this.#nextMs = now + this.#intervalMs;
    this.#output.write(
      this.#output.isTerminal
        ? ERASE_LINE + text.slice(0, this.#output.columns() - 1)
        : `${text}\n`,
    );
  }

  /** Removes the line from a terminal, so that something else can be written there. */
  clear(): void {
    if (!this.#output.isTerminal) return;
    this.#output.write(ERASE_LINE);
    this.#nextMs = -Infinity;
  }
}

/** A length of time as people say it: "8 s", "3 min 20 s", "2 h 5 min". */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
