/**
 * Filling a queue.
 *
 * @module
 */
import { keyOf, type Photo } from "../detect/photos.ts";
import type { PhotoSource } from "../detect/sources.ts";
import type { PhotoQueue } from "./queue.ts";

/** What came of it. */
export interface Submitted {
  /** Jobs that were put in. */
  readonly submitted: number;
  /** Jobs that were in it already. */
  readonly known: number;
  /** Photos that cannot be jobs. */
  readonly failed: number;
}

/** So many jobs are on their way to the server at a time. */
const BATCH = 256;

/**
 * Puts photos into a queue as jobs; what is wrong is told, and the others go on. Stops when the
 * signal is aborted.
 *
 * Throws what the queue throws: to begin again is safe.
 */
export async function submitAll(
  queue: PhotoQueue,
  source: PhotoSource,
  { warn, signal }: { readonly warn: (sentence: string) => void; readonly signal: AbortSignal },
): Promise<Submitted> {
  const counts = { submitted: 0, known: 0, failed: 0 };
  let batch: Promise<void>[] = [];
  const submit = async ({ job, ...photo }: Photo) => {
    const isNew = await queue.submit(job ?? JSON.stringify({ path: photo.path }), keyOf(photo));
    counts[isNew ? "submitted" : "known"]++;
  };
  for await (const photo of source.photos({ onProblem: (text) => warn(`warning: ${text}`) })) {
    if (signal.aborted) break;
    if (photo.problem !== undefined) {
      warn(`error: ${photo.problem.message}`);
      counts.failed++;
      continue;
    }
    batch.push(submit(photo));
    if (batch.length === BATCH) {
      await Promise.all(batch);
      batch = [];
    }
  }
  await Promise.all(batch);
  return counts;
}
