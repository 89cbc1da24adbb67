/**
 * Shards of a batch: photos that go through the network together.
 *
 * A batch of more than `shardSize` photos is split into equal parts. Each is normalised by itself
 * (batch norm sees the statistics of its shard: "ghost" batch norm, Hoffer et al. 2017, arXiv
 * 1705.08741), and the gradient of the batch is the mean of theirs. How a batch is split depends on
 * its size alone, so the result does not depend on how many threads share the work.
 *
 * @module
 */
import { type NdArray, sizeOf } from "../numbers/nd_array.ts";
import type { StepInputs } from "./inputs.ts";

/** A part of a batch. */
export interface Shard extends Pick<StepInputs, "inputs" | "targets"> {
  /** Which part of the batch's photos it has, in (0, 1]. */
  readonly share: number;
}

/**
 * The shards of a batch, as views of its memory.
 *
 * @param shardSize Photos in a shard at most; `null` = all.
 */
export function shardsOf(
  { inputs, targets, truths: { length } }: StepInputs,
  shardSize: number | null,
): Shard[] {
  const count = shardCount(length, shardSize);
  if (count <= 1) return [{ inputs, targets, share: 1 }];
  const bounds = Array.from({ length: count + 1 }, (_, k) => Math.round(k * length / count));
  return bounds.slice(1).map((to, k) => {
    const from = bounds[k]!;
    return {
      inputs: sliceAll(inputs, from, to),
      targets: sliceAll(targets, from, to),
      share: (to - from) / length,
    };
  });
}

/** The first photos of a shard, as views of its memory. */
export function firstPhotos({ inputs, targets, share }: Shard, count: number): Shard {
  return { inputs: sliceAll(inputs, 0, count), targets: sliceAll(targets, 0, count), share };
}

/** How many photos a shard has. */
export function photosIn({ inputs }: Shard): number {
  return Object.values(inputs)[0]!.shape[0]!;
}

/** How many shards a batch of so many photos has. */
export function shardCount(photos: number, shardSize: number | null): number {
  return shardSize === null ? 1 : Math.ceil(photos / shardSize);
}

type Arrays = Readonly<Record<string, NdArray>>;

function sliceAll(arrays: Arrays, from: number, to: number): Record<string, NdArray> {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, { shape: [, ...shape], data }]) => {
      const size = sizeOf(shape);
      return [name, { shape: [to - from, ...shape], data: data.subarray(from * size, to * size) }];
    }),
  );
}
