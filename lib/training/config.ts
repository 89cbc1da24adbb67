/**
 * A training, described as plain data: what a config file holds, and what is saved beside every
 * checkpoint.
 *
 * @module
 */
import type { AugmentOptions } from "../datasets/generator.ts";
import type { DatasetSpec } from "../datasets/load.ts";
import { PHOTOMETRIC_OPTIONS } from "../datasets/photometric.ts";
import { VIEW_OPTIONS } from "../datasets/random_view.ts";
import type { TruthOptions } from "../datasets/truth.ts";
import type { ModelName } from "../models/registry.ts";
import type { EarlyStoppingOptions } from "./early_stopping.ts";
import type { OptimizerSpec, RuleSpec } from "./optimizer.ts";
import type { PlateauOptions } from "./plateau.ts";
import type { Decay, Schedule } from "./schedule.ts";

/** What makes a model the best one. */
export interface BestSpec {
  /** A metric: `val_iou`, `val_mse`, `val_ap50`, `val_ap50_large`, `val_loss` or `loss`. */
  readonly metric: string;
  /** Whether larger or smaller is better. */
  readonly mode: "max" | "min";
  /** Its file name without extension; metrics in Keras' braces. */
  readonly name: string;
}

/** Everything that decides how a training goes. */
export interface TrainConfig {
  /** All randomness comes from it. */
  readonly seed: number;
  /** Which model. */
  readonly model: {
    /** Its name. */
    readonly name: ModelName;
    /** Its settings that differ from its defaults. */
    readonly settings: Readonly<Record<string, unknown>>;
  };
  /**
   * Weights to start from: `"shipped"` for those that ship with the model, or a file: a TF.js layers
   * `model.json` (an ImageNet backbone) or safetensors. What the network has beyond it starts at
   * random. `null` = all starts at random.
   */
  readonly start: string | null;
  /** Parts of the network that stay as they are, such as `["backbone"]`. */
  readonly frozen: readonly string[];
  /** Photos. */
  readonly data: {
    /** To train on. */
    readonly train: readonly DatasetSpec[];
    /** To measure with after each epoch. */
    readonly validation: readonly DatasetSpec[];
    /** Folder that keeps decoded photos; `null` = memory only. */
    readonly cache: string | null;
    /** Photos are shrunk to this long side before anything else, in pixels. */
    readonly maxSide: number;
    /** Which faces are too small or too much cut to be learnt from. */
    readonly faces: TruthOptions;
  };
  /** What happens to a photo before it is learnt from; `null` = it is shown as it is. */
  readonly augment: AugmentOptions | null;
  /**
   * Different views of a photo over the epochs; `null` = one an epoch. With a frozen part its
   * activations are kept for each, so later epochs cost no more than the rest of the network.
   */
  readonly variants: number | null;
  /**
   * A detector to learn from beside the labels: YuNet's ONNX file. `null` = the labels only. What a
   * teacher knows of faces it learnt from photos of its own: name it where the weights are described.
   */
  readonly teacher: string | null;
  /** Photos in a step. */
  readonly batchSize: number;
  /**
   * Photos that go through the network together; a larger batch is split into equal shards, each with
   * batch norm statistics of its own, and threads share them (see `shards.ts`). `null` = all of a
   * batch. It bounds the memory that a step takes.
   */
  readonly shardSize: number | null;
  /** Times that all photos are seen. */
  readonly epochs: number;
  /** How weights move. */
  readonly optimizer: OptimizerSpec;
  /**
   * What of the averaged weights stays at each step, such as 0.999; they are what is measured and kept
   * as the best model. `null` = those of the last step are.
   */
  readonly averaging: number | null;
  /** How fast. */
  readonly schedule: Schedule;
  /** When to slow down; `null` = never. */
  readonly plateau: Omit<PlateauOptions, "mode"> | null;
  /** When to stop before the last epoch; `null` = never. */
  readonly earlyStopping: Omit<EarlyStoppingOptions, "mode"> | null;
  /** Which model is kept as the best; plateau and early stopping watch the same metric. */
  readonly best: BestSpec;
  /** Validation photos whose boxes are drawn into the TensorBoard log after each epoch. */
  readonly drawnPhotos: number;
}

/**
 * The first seed's training of the tiny detector (`config.py`, `train.py`): SGD with momentum and
 * time decay, its patience, its names. Data are the user's to name.
 */
export const DEFAULT_CONFIG: TrainConfig = {
  seed: 1,
  model: { name: "tiny", settings: {} },
  start: "shipped",
  frozen: ["backbone"],
  data: {
    train: [],
    validation: [],
    cache: "data/cache",
    maxSide: 512,
    faces: { minFaceSide: 0.05, minVisible: 0.5 },
  },
  augment: { view: VIEW_OPTIONS, photometric: PHOTOMETRIC_OPTIONS },
  variants: null,
  teacher: null,
  batchSize: 16,
  shardSize: 8,
  epochs: 150,
  optimizer: {
    rule: { kind: "sgd", momentum: 0.9, nesterov: false },
    weightDecay: 5e-4,
    clipNorm: null,
  },
  averaging: null,
  schedule: { base: 1e-4, decay: { kind: "time", rate: 1e-4 } },
  plateau: { minDelta: 1e-4, factor: 0.6, patience: 5, minRate: 1e-6, cooldown: 0 },
  earlyStopping: { minDelta: 0, patience: 30 },
  best: { metric: "val_iou", mode: "max", name: "model-{val_iou:.2f}" },
  drawnPhotos: 4,
};

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

/** Objects whose keys depend on their content: they are replaced as a whole, not merged. */
const REPLACED = ["model.settings", "optimizer.rule", "schedule.decay", "schedule.warmUp"];

/** Optional keys that the defaults do not show, and their type. */
const OPTIONAL: Readonly<Record<string, string>> = {
  "augment.colour": "object",
  "augment.rotation": "number",
  "schedule.warmUp": "object",
};

/** What `null` switches off, and its type when it is on. */
const NULLABLE: Readonly<Record<string, string>> = {
  "start": "string",
  "data.cache": "string",
  "augment": "object",
  "variants": "number",
  "teacher": "string",
  "shardSize": "number",
  "optimizer.clipNorm": "number",
  "averaging": "number",
  "plateau": "object",
  "earlyStopping": "object",
};

/**
 * A config with some values changed, checked against its shape.
 *
 * @param changes Parsed JSON; only the leaves that differ.
 * Throws a `RangeError` that names a key that does not exist, a `TypeError` for a value of the wrong
 * type.
 */
export function mergeConfig(config: TrainConfig, changes: unknown): TrainConfig {
  return merge(config as unknown as Json, changes as Json, "") as unknown as TrainConfig;
}

function merge(base: Json, change: Json, path: string): Json {
  if (!isObject(base) || change === null || REPLACED.includes(path)) {
    checkType(base, change, path);
    return change;
  }
  if (!isObject(change)) {
    throw new TypeError(`Cannot read config: "${path || "the whole"}" is not an object`);
  }
  const merged: Record<string, Json> = { ...base };
  for (const [key, value] of Object.entries(change)) {
    const inner = path ? `${path}.${key}` : key;
    if (!Object.hasOwn(base, key) && !Object.hasOwn(OPTIONAL, inner)) {
      throw new RangeError(`Cannot read config: "${inner}" is not a setting`);
    }
    merged[key] = merge(base[key] ?? null, value, inner);
  }
  return merged;
}

function checkType(base: Json, change: Json, path: string): void {
  const kind = (value: Json) => Array.isArray(value) ? "list" : typeof value;
  const expected = NULLABLE[path] ?? OPTIONAL[path] ?? kind(base);
  if (change === null ? !(path in NULLABLE) : kind(change) !== expected) {
    throw new TypeError(
      `Cannot read config: "${path || "the whole"}" is ${JSON.stringify(change)}, ` +
        `expected ${/^[aeiou]/.test(expected) ? "an" : "a"} ${expected}`,
    );
  }
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Checks the values that would otherwise fail late. Throws a `RangeError`.
 */
export function checkConfig(config: TrainConfig): void {
  const { batchSize, epochs, seed, optimizer, schedule, data } = config;
  const shardSize = config.shardSize ?? batchSize;
  for (const [name, value] of Object.entries({ batchSize, shardSize, epochs })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`Cannot train: ${name} is "${value}", expected a positive integer`);
    }
  }
  if (!Number.isInteger(seed) || seed < 0) {
    throw new RangeError(`Cannot train: seed is "${seed}", expected an integer from 0`);
  }
  const { averaging } = config;
  if (averaging !== null && !(averaging >= 0 && averaging < 1)) {
    throw new RangeError(`Cannot train: averaging is "${averaging}", expected 0 up to below 1`);
  }
  checkKind("optimizer.rule", optimizer.rule, RULES);
  checkKind("schedule.decay", schedule.decay, DECAYS);
  if (!(schedule.base > 0)) {
    throw new RangeError(`Cannot train: schedule.base is "${schedule.base}", expected above 0`);
  }
  if (data.train.length === 0) {
    throw new RangeError("Cannot train: data.train is empty, name a data set");
  }
}

type Settings<Choice extends { readonly kind: string }> = {
  readonly [K in Choice["kind"]]: readonly Exclude<keyof Extract<Choice, { kind: K }>, "kind">[];
};

const RULES: Settings<RuleSpec> = {
  sgd: ["momentum", "nesterov"],
  adam: ["beta1", "beta2", "epsilon"],
};

const DECAYS: Settings<Decay> = {
  "constant": [],
  "time": ["rate"],
  "cosine": ["floor"],
  "cosine-restarts": ["floor", "period"],
  "step": ["factor", "epochs"],
};

/** Checks that a choice is one of those there are, and has its settings. */
function checkKind(
  path: string,
  choice: { readonly kind: string },
  settings: Readonly<Record<string, readonly string[]>>,
): void {
  if (!Object.hasOwn(settings, choice.kind)) {
    throw new RangeError(
      `Cannot train: ${path}.kind is "${choice.kind}", choose from ${
        Object.keys(settings).join(", ")
      }`,
    );
  }
  const missing = settings[choice.kind]!.find((name) => !Object.hasOwn(choice, name));
  if (missing !== undefined) throw new RangeError(`Cannot train: ${path}.${missing} is missing`);
}
