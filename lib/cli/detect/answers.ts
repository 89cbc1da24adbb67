/**
 * From photos to answers: read ahead, spread over detectors, and put back into the order of the
 * photos.
 *
 * @module
 */
import { ahead } from "../../datasets/ahead.ts";
import type { Photo } from "./photos.ts";
import type { PhotoDetector } from "./photo_detector.ts";
import { Pool } from "./pool.ts";
import type { Product } from "./process_photo.ts";
import { reportOn, type TimedReport } from "./timed_report.ts";

/** A photo and what to make of it. */
export interface Task {
  /** The photo. */
  readonly photo: Photo;
  /** What is made from it. */
  readonly product: Product;
}

/** A photo that is done. */
export interface Answer extends TimedReport {
  /** What it was about. */
  readonly task: Task;
}

/** How many photos are in hand: two a detector, one at work and one read, and some done early. */
function depthFor(detectors: number): number {
  return 2 * detectors + 2;
}

/**
 * What a promise gives, or `undefined` as soon as the signal is aborted. It listens no longer than it
 * waits: a promise of the abort, raced against again and again, would keep all that it was raced with.
 */
async function untilAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal,
): Promise<Value | undefined> {
  if (signal.aborted) return undefined;
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const stop = () => resolve(undefined);
  signal.addEventListener("abort", stop);
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/**
 * Answers tasks in their order. At most `2 · detectors + 2` are in hand at a time, however many
 * there are, and none is begun while nobody asks for answers.
 *
 * @param signal When it is aborted no further task is begun; those in hand are answered.
 * Throws what the source of the tasks throws, and what a lost detector does.
 */
export async function* answersTo(
  tasks: AsyncIterable<Task>,
  detectors: readonly PhotoDetector[],
  signal: AbortSignal,
): AsyncGenerator<Answer, void, void> {
  const source = tasks[Symbol.asyncIterator](), pool = new Pool(detectors);

  const answer = async (): Promise<Answer | undefined> => {
    // The source of a program's jobs may be silent for long: stopping must not wait for it.
    const next = await untilAborted(source.next(), signal);
    if (next === undefined || next.done || signal.aborted) return undefined;
    const task = next.value;
    return { task, ...await reportOn(task.photo, task.product, pool) };
  };

  for await (const done of ahead(0, Infinity, depthFor(detectors.length), answer)) {
    if (done === undefined) return;
    yield done;
  }
}
