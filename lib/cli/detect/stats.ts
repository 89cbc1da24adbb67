/**
 * What a run of `detect` did and how fast, for `--stats`.
 *
 * @module
 */
import type { PhotoReport } from "./report.ts";

/** Neighbouring steps of a {@linkcode TimeCounts} differ by this factor: a percent is close enough. */
const STEP = 1.01;

/** Times as counts on a logarithmic scale, so that any number of them takes the same memory. */
export class TimeCounts {
  readonly #counts = new Map<number, number>();
  #total = 0;
  #sum = 0;
  #max = 0;

  /** Counts a time in milliseconds. */
  add(ms: number): void {
    const step = Math.round(Math.log(Math.max(ms, 1e-3)) / Math.log(STEP));
    this.#counts.set(step, (this.#counts.get(step) ?? 0) + 1);
    this.#total++;
    this.#sum += ms;
    this.#max = Math.max(this.#max, ms);
  }

  /** The time that a part (0 … 1) of all are not above, within half a percent. */
  quantile(part: number): number {
    const rank = Math.max(1, Math.ceil(part * this.#total));
    let seen = 0;
    for (const [step, count] of [...this.#counts].sort(([a], [b]) => a - b)) {
      seen += count;
      if (seen >= rank) return Math.min(STEP ** step, this.#max);
    }
    return NaN;
  }

  /** The usual figures, in milliseconds. */
  summary(): Record<"mean" | "p50" | "p95" | "p99" | "max", number> {
    const round = (ms: number) => Number(ms.toPrecision(4));
    return {
      mean: round(this.#sum / this.#total),
      p50: round(this.quantile(0.5)),
      p95: round(this.quantile(0.95)),
      p99: round(this.quantile(0.99)),
      max: round(this.#max),
    };
  }
}

/** Counts the photos of a run. Failed ones count as photos, but not in the times. */
export class RunStats {
  #photos = 0;
  #failed = 0;
  #faces = 0;
  readonly #times = new Map<string, TimeCounts>();
  readonly #startMs = performance.now();
  readonly #started = new Date();

  /** Counts an answer; `ms` is what the photo took in all. */
  add(report: PhotoReport, ms: number): void {
    this.#photos++;
    if ("error" in report) {
      this.#failed++;
      return;
    }
    this.#faces += report.faces.length;
    for (const [stage, time] of Object.entries({ ...report.ms, photo: ms })) {
      if (!this.#times.has(stage)) this.#times.set(stage, new TimeCounts());
      this.#times.get(stage)!.add(time);
    }
  }

  /** Photos that were answered. */
  get photos(): number {
    return this.#photos;
  }

  /** Photos that failed. */
  get failed(): number {
    return this.#failed;
  }

  /** Photos that were answered, a second. */
  get photosPerSecond(): number {
    return this.#photos / ((performance.now() - this.#startMs) / 1000);
  }

  /** The figures as plain data. */
  summary(): Record<string, unknown> {
    return {
      photos: this.#photos,
      failed: this.#failed,
      faces: this.#faces,
      started: this.#started.toISOString(),
      seconds: Number(((performance.now() - this.#startMs) / 1000).toFixed(3)),
      photosPerSecond: Number(this.photosPerSecond.toPrecision(4)),
      ms: Object.fromEntries([...this.#times].map(([stage, times]) => [stage, times.summary()])),
    };
  }
}
