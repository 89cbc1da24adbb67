/**
 * From a config to a trainer: model, start weights, data sets and batches.
 *
 * @module
 */
import { createGenerator, type GeneratorOptions } from "../datasets/generator.ts";
import { createImageCache } from "../datasets/image_cache.ts";
import { concat, type DatasetSpec, loadDataset } from "../datasets/load.ts";
import type { Dataset } from "../datasets/sample.ts";
import type { Store } from "../files/store.ts";
import { weightsOf } from "../graph/analysis.ts";
import type { TrainableModel } from "../models/detector_model.ts";
import { trainableModel } from "../models/trainable.ts";
import type { NdArray } from "../numbers/nd_array.ts";
import { embeddedModel } from "../weights/embedded.ts";
import { decodeModel } from "../weights/model_file.ts";
import { readWeights } from "../weights/read_weights.ts";
import { initialWeights, matchWeights } from "../weights/weight_map.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { checkConfig, type TrainConfig } from "./config.ts";
import { frozenInputs } from "./inputs.ts";
import type { TrainerOptions } from "./trainer.ts";

/** A training that is ready to run. */
export interface PreparedTraining {
  /** For `new Trainer(…)`; folder, store and events are for the caller to add. */
  readonly options: Omit<TrainerOptions, "folder" | "store" | "events">;
  /** Photos to learn from. */
  readonly train: Dataset;
  /** Photos to measure with; `null` when the config names none. */
  readonly validation: Dataset | null;
}

/**
 * Loads what a config names.
 *
 * @param resume A checkpoint of the same config to go on from.
 * @param onProblem Is told what was left out, one sentence each.
 * Throws what the parts throw: `RangeError` and `TypeError` for the config, `SyntaxError` for broken
 * annotations and weights, `WeightsMismatchError`.
 */
export async function prepareTraining(
  config: TrainConfig,
  store: Store,
  { resume, onProblem = () => {} }: {
    resume?: Checkpoint;
    onProblem?: (problem: string) => void;
  } = {},
): Promise<PreparedTraining> {
  checkConfig(config);
  const model = trainableModel(config.model.name, config.model.settings);
  const weights = resume
    ? matchWeights(model.graph, resume.weights)
    : await startWeights(config, model, store);
  const train = await loadAll(config.data.train, store, onProblem);
  const validation = config.data.validation.length > 0
    ? await loadAll(config.data.validation, store, onProblem)
    : null;
  const cache = createImageCache({
    store,
    folder: config.data.cache,
    maxSide: config.data.maxSide,
    onProblem,
  });
  const shared = {
    model,
    cache,
    onProblem,
    batchSize: config.batchSize,
    seed: config.seed,
    frame: model.input.size,
    faces: config.data.faces,
  };
  const batches = (
    options: Pick<GeneratorOptions, "dataset" | "shuffle" | "augment" | "variants">,
  ) => createGenerator({ ...shared, ...options });
  return {
    train,
    validation,
    options: {
      config,
      model,
      weights,
      ...(resume ? { resume } : {}),
      train: (network) =>
        frozenInputs(
          batches({
            dataset: train,
            shuffle: true,
            augment: config.augment,
            variants: config.variants,
          }),
          network,
        ),
      validation: validation &&
        ((network) =>
          frozenInputs(batches({ dataset: validation, shuffle: false, augment: null }), network)),
    },
  };
}

async function loadAll(
  specs: readonly DatasetSpec[],
  store: Store,
  onProblem: (problem: string) => void,
): Promise<Dataset> {
  const datasets = [];
  for (const spec of specs) datasets.push(await loadDataset(store, spec));
  const all = concat(datasets);
  all.problems.forEach((problem) => onProblem(problem));
  return all;
}

/** Fresh weights, with those of the start file in their place. */
async function startWeights(
  { start, seed, model: { name } }: TrainConfig,
  model: TrainableModel,
  store: Store,
): Promise<Map<string, NdArray>> {
  const fresh = initialWeights(model.graph, seed);
  if (start === null) return fresh;
  const given = start === "shipped"
    ? decodeModel(await embeddedModel(name)).weights
    : await readWeights(store, start);
  const names = new Set(weightsOf(model.graph).map(({ name }) => name));
  const taken = [...given].filter(([name]) => names.has(name));
  if (taken.length === 0) {
    throw new RangeError(
      `Cannot start from "${start}": none of its weights belongs to model "${model.name}"`,
    );
  }
  return matchWeights(model.graph, new Map([...fresh, ...taken]));
}
