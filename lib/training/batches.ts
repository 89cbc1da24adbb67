/**
 * The batches that a config asks for, made on this thread.
 *
 * @module
 */
import { createGenerator, type Generator, type GeneratorOptions } from "../datasets/generator.ts";
import { createImageCache } from "../datasets/image_cache.ts";
import type { Dataset } from "../datasets/sample.ts";
import type { Store } from "../files/store.ts";
import type { TrainableModel } from "../models/trainable_model.ts";
import { loadTeacher } from "../teachers/teacher.ts";
import type { TrainConfig } from "./config.ts";

/** What batches are made for: to learn from, or to measure with. */
export type Purpose = "train" | "validation";

/** The photos; `null` = there are none to measure with. */
export interface Datasets {
  /** To learn from. */
  readonly train: Dataset;
  /** To measure with. */
  readonly validation: Dataset | null;
}

/** Batches of each data set. */
export interface Generators {
  /** Shuffled and augmented. */
  readonly train: Generator;
  /** In order, as they are. */
  readonly validation: Generator | null;
}

/** Creates the generators of a training; they share a cache. */
export async function createGenerators(
  config: TrainConfig,
  model: TrainableModel,
  { train, validation }: Datasets,
  { store, onProblem }: { store: Store; onProblem: (problem: string) => void },
): Promise<Generators> {
  const { cache: folder, maxSide, faces } = config.data;
  const shared = {
    model,
    cache: createImageCache({ store, folder, maxSide, onProblem }),
    onProblem,
    batchSize: config.batchSize,
    seed: config.seed,
    frame: model.input.size,
    faces,
  };
  const make = (
    options: Pick<GeneratorOptions, "dataset" | "shuffle" | "augment" | "variants" | "teacher">,
  ) => createGenerator({ ...shared, ...options });
  const { augment, variants } = config;
  const teacher = config.teacher === null
    ? {}
    : { teacher: await loadTeacher(await store.read(config.teacher), model.hints) };
  return {
    train: make({ dataset: train, shuffle: true, augment, variants, ...teacher }),
    validation: validation && make({ dataset: validation, shuffle: false, augment: null }),
  };
}
