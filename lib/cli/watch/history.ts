/**
 * What a run has logged so far.
 *
 * @module
 */
import type { LoggedEvent, LoggedImage } from "../../training/tfevents_reader.ts";

/** A value of a curve. */
export type Point = readonly [step: number, value: number];

/** What the page shows. */
export interface Snapshot {
  /** Changes whenever anything does. */
  readonly version: number;
  /** Name of the run. */
  readonly run: string;
  /** Seconds since 1970 of the last event; `null` before the first one. */
  readonly lastTime: number | null;
  /** Curves by tag, thinned out. */
  readonly scalars: Readonly<Record<string, readonly Point[]>>;
  /** The latest pictures: tag and step. */
  readonly images: readonly { readonly tag: string; readonly step: number }[];
}

/** More points than pixels help nobody. */
const MAX_POINTS = 1000;

/** Of a long curve every n-th point and the last one; numbers that JSON lacks are left out. */
function thinned(points: readonly Point[]): Point[] {
  const stride = Math.ceil(points.length / MAX_POINTS);
  return points.filter(([, value], k) =>
    Number.isFinite(value) && (k % stride === 0 || k === points.length - 1)
  );
}

/** Curves and pictures of a run. */
export class RunHistory {
  readonly #run: string;
  readonly #scalars = new Map<string, Point[]>();
  readonly #images = new Map<string, LoggedImage & { step: number }>();
  #lastTime: number | null = null;
  #version = 0;

  /** @param run Its name. */
  constructor(run: string) {
    this.#run = run;
  }

  /** Takes events, in their order. */
  add(events: readonly LoggedEvent[]): void {
    for (const { wallTime, step, isSessionStart, scalars, images } of events) {
      this.#lastTime = wallTime;
      if (isSessionStart) this.#forgetFrom(step);
      for (const [tag, value] of scalars) {
        const points = this.#scalars.get(tag);
        if (points === undefined) this.#scalars.set(tag, [[step, value]]);
        else points.push([step, value]);
      }
      for (const [tag, image] of images) this.#images.set(tag, { ...image, step });
    }
    if (events.length > 0) this.#version++;
  }

  /** A run that is gone on with says these steps anew. */
  #forgetFrom(start: number): void {
    for (const [tag, points] of this.#scalars) {
      this.#scalars.set(tag, points.filter(([step]) => step < start));
    }
  }

  /** A picture by its tag. */
  image(tag: string): LoggedImage | undefined {
    return this.#images.get(tag);
  }

  /** All that the page shows. */
  snapshot(): Snapshot {
    return {
      version: this.#version,
      run: this.#run,
      lastTime: this.#lastTime,
      scalars: Object.fromEntries(
        [...this.#scalars].map(([tag, points]) => [tag, thinned(points)]),
      ),
      images: [...this.#images].map(([tag, { step }]) => ({ tag, step })),
    };
  }
}
