/**
 * From a config to a trainer: model, start weights, data sets and batches.
 *
 * @module
 */
import type { Generator } from "../datasets/generator.ts";
import { concat, type DatasetSpec, loadDataset } from "../datasets/load.ts";
import type { Dataset } from "../datasets/sample.ts";
import type { Store } from "../files/store.ts";
import { weightsOf } from "../graph/analysis.ts";
import type { TrainableModel } from "../models/trainable_model.ts";
import { trainableModel } from "../models/trainable.ts";
import type { NdArray } from "../numbers/nd_array.ts";
import { embeddedModel } from "../weights/embedded.ts";
import { decodeModel } from "../weights/model_file.ts";
import { readWeights } from "../weights/read_weights.ts";
import { initialWeights, matchWeights } from "../weights/weight_map.ts";
import { createGenerators, type Datasets, type Generators, type Purpose } from "./batches.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { checkConfig, type TrainConfig } from "./config.ts";
import { frozenInputs, imageInputs } from "./inputs.ts";
import { type InputMethods, pooledGenerator } from "./pooled_generator.ts";
import type { Remote } from "./remote.ts";
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
 * @param inputThreads Make the batches; the batches are the same without them. Default: none.
 * Throws what the parts throw: `RangeError` and `TypeError` for the config, `SyntaxError` for broken
 * annotations and weights, `WeightsMismatchError`.
 */
export async function prepareTraining(
  config: TrainConfig,
  store: Store,
  { resume, onProblem = () => {}, inputThreads = [] }: {
    resume?: Checkpoint;
    onProblem?: (problem: string) => void;
    inputThreads?: readonly Remote<InputMethods>[];
  } = {},
): Promise<PreparedTraining> {
  checkConfig(config);
  const model = trainableModel(config.model.name, config.model.settings);
  if (config.teacher !== null && !model.encodeAnswer) {
    throw new RangeError(
      `Cannot train: teacher is "${config.teacher}", but model "${model.name}" as it is set learns ` +
        "from labels only",
    );
  }
  const weights = resume
    ? matchWeights(model.graph, resume.weights)
    : await startWeights(config, model, store);
  const train = await loadAll(config.data.train, store, onProblem);
  const validation = config.data.validation.length > 0
    ? await loadAll(config.data.validation, store, onProblem)
    : null;
  const generators = await makeGenerators(config, model, { train, validation }, {
    store,
    onProblem,
    threads: inputThreads,
  });
  return {
    train,
    validation,
    options: {
      config,
      model,
      weights,
      ...(resume ? { resume } : {}),
      // What is shown once only goes through the frozen part along with the rest, on all threads.
      train: (network) =>
        config.augment === null || config.variants !== null
          ? frozenInputs(generators.train, network)
          : imageInputs(generators.train),
      validation: generators.validation &&
        ((network) => frozenInputs(generators.validation!, network)),
    },
  };
}

/** Generators of batches that the threads make, or this one where there are none. */
async function makeGenerators(
  config: TrainConfig,
  model: TrainableModel,
  datasets: Datasets,
  { store, onProblem, threads }: {
    store: Store;
    onProblem: (problem: string) => void;
    threads: readonly Remote<InputMethods>[];
  },
): Promise<Generators> {
  const local = await createGenerators(config, model, datasets, { store, onProblem });
  if (threads.length === 0) return local;
  await Promise.all(threads.map((thread) => thread.call("openInputs", { config, datasets })));
  const pooled = (generator: Generator, purpose: Purpose) =>
    pooledGenerator(generator, purpose, threads, onProblem);
  return {
    train: pooled(local.train, "train"),
    validation: local.validation && pooled(local.validation, "validation"),
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
