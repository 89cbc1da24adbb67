/**
 * Which of the photos are left for this run.
 *
 * @module
 */
import type { Task } from "./answers.ts";
import type { NameOutput } from "./output.ts";
import { keyOf, type ListOptions, type Photo } from "./photos.ts";
import type { Product } from "./process_photo.ts";
import type { DoneCounts } from "./results_file.ts";
import { isInShard, type Shard } from "./shard.ts";

/** Goes through the photos, from the first one each time. */
export type FindPhotos = (onProblem?: ListOptions["onProblem"]) => AsyncIterable<Photo>;

/** The photos that are this run's to do. */
export class Workload {
  /** Photos that were left out because they are done. */
  skipped = 0;
  readonly #photos: FindPhotos;
  readonly #shard: Shard | undefined;

  /** @param shard The part of the photos to do. Default: all. */
  constructor(photos: FindPhotos, shard?: Shard) {
    this.#photos = photos;
    this.#shard = shard;
  }

  #isOurs(photo: Photo): boolean {
    return this.#shard === undefined || isInShard(keyOf(photo), this.#shard);
  }

  /** What is to be done, in the order of the photos. */
  async *tasks(
    { nameOutput, style, isDone, onProblem }: {
      nameOutput: NameOutput | undefined;
      style: Omit<Product, "output">;
      isDone: (task: Task) => Promise<boolean> | boolean;
      onProblem: (sentence: string) => void;
    },
  ): AsyncGenerator<Task, void, void> {
    for await (const photo of this.#photos(onProblem)) {
      // Numbered before anything is left out, so that all shards and resumed runs agree.
      const output = nameOutput?.(photo);
      if (!this.#isOurs(photo)) continue;
      const task = { photo, product: { output, ...style } };
      if (await isDone(task)) this.skipped++;
      else yield task;
    }
  }

  /** How many photos there are, done or not; `undefined` when it is stopped. */
  async count(signal: AbortSignal): Promise<number | undefined> {
    let count = 0;
    for await (const photo of this.#photos()) {
      if (signal.aborted) return undefined;
      if (this.#isOurs(photo)) count++;
    }
    return count;
  }
}

/** Tells whether a photo is done by the answers that there are; each answer counts for one photo. */
export function isAnsweredIn(done: DoneCounts): (task: Task) => boolean {
  return ({ photo }) => {
    const key = keyOf(photo), count = done.get(key) ?? 0;
    if (count > 1) done.set(key, count - 1);
    else done.delete(key);
    return count > 0;
  };
}
