/**
 * Brings the weights of another library's network into a model of this project: names, layouts, the
 * normalisation of the photo, and an account of what did not fit.
 *
 * @module
 */
import { weightsOf } from "../graph/analysis.ts";
import type { InferenceModel } from "../models/detector_model.ts";
import { type NdArray, transpose } from "../numbers/nd_array.ts";
import { type Channels, WEIGHT_SOURCES, type WeightSource } from "./import_sources.ts";
import type { WeightMap } from "./weight_map.ts";

/** What became of the tensors of a file. */
export interface ImportedWeights {
  /** Where they come from. */
  readonly source: WeightSource;
  /** Those that fit, in the order of the graph. */
  readonly weights: Map<string, NdArray>;
  /** Names that the model has and the file lacks. */
  readonly missing: string[];
  /** Names, as in the model, that the file has and the model lacks. */
  readonly unexpected: string[];
  /** One sentence part a tensor of the wrong shape. */
  readonly misshaped: string[];
  /** Names, as in the file, of tensors that no detector needs, such as the classifier's. */
  readonly surplus: string[];
  /** What its user should know, one sentence each. */
  readonly notes: string[];
}

/**
 * Matches the tensors of a file, called as its library calls them, with a model.
 *
 * Throws a `RangeError` when they belong to none of the `WEIGHT_SOURCES`.
 */
export function importWeights(model: InferenceModel, tensors: WeightMap): ImportedWeights {
  const source = sourceOf(tensors);
  const surplus = [...tensors.keys()].filter((name) => source.surplus.test(name));
  const rename = RENAME[source.convention];
  const found = new Map(
    [...tensors].filter(([name]) => !source.surplus.test(name))
      .map(([name, array]) => rename(name, array, tensors, source)),
  );
  const wanted = weightsOf(model.graph)
    .filter(({ node }) => source.parts?.includes(node.part) ?? true);
  const names = new Set(wanted.map(({ name }) => name));
  const fits = wanted.filter(({ name, shape }) => found.get(name)?.shape.join() === shape.join());
  const weights = new Map(fits.map(({ name }) => [name, found.get(name)!]));
  adaptStem(weights, source, model);
  return {
    source,
    weights,
    missing: [...names].filter((name) => !found.has(name)),
    unexpected: [...found.keys()].filter((name) => !names.has(name)),
    misshaped: wanted.filter(({ name }) => found.has(name) && !weights.has(name))
      .map(({ name, shape }) => `${name} is [${found.get(name)!.shape}] and not [${shape}]`),
    surplus,
    notes: notesOf(source, model),
  };
}

function sourceOf(tensors: WeightMap): WeightSource {
  const source = WEIGHT_SOURCES.find(({ mark }) => tensors.has(mark));
  if (source) return source;
  const known = WEIGHT_SOURCES.map(({ title }) => title).join(", ");
  const [first = "nothing"] = tensors.keys();
  throw new RangeError(
    `Cannot import weights: a file that begins with "${first}" is none of ${known}`,
  );
}

type Rename = (
  name: string,
  array: NdArray,
  tensors: WeightMap,
  source: WeightSource,
) => [string, NdArray];

/** Name and layout of a tensor here, by the convention of its library. */
const RENAME: { readonly [C in WeightSource["convention"]]: Rename } = {
  keras: (name, array, _, source) => {
    const slash = name.lastIndexOf("/");
    return [layerName(name.slice(0, slash), source) + name.slice(slash), array];
  },
  pytorch: (name, array, tensors, source) => {
    const dot = name.lastIndexOf(".");
    const layer = name.slice(0, dot), role = name.slice(dot + 1);
    // A layer with a matrix or a kernel is no norm.
    const isNorm = (tensors.get(`${layer}.weight`)?.shape.length ?? 1) === 1;
    const roles = isNorm ? NORM_ROLES : CONVOLUTION_ROLES;
    return [`${layerName(layer, source)}/${roles[role] ?? role}`, fromOihw(array)];
  },
};

const CONVOLUTION_ROLES: Readonly<Record<string, string>> = { weight: "kernel", bias: "bias" };
const NORM_ROLES: Readonly<Record<string, string>> = {
  weight: "gamma",
  bias: "beta",
  running_mean: "moving_mean",
  running_var: "moving_variance",
};

function layerName(layer: string, { layers }: WeightSource): string {
  return layers.reduce((name, [pattern, value]) => name.replace(pattern, value), layer);
}

/** A kernel `[out, in, height, width]` as `[height, width, in, out]`; other arrays as they are. */
function fromOihw(array: NdArray): NdArray {
  return array.shape.length === 4 ? transpose(array, [2, 3, 1, 0]) : array;
}

/** Lets the first convolution give for the model's normalised photo what it gave for its own. */
function adaptStem(
  weights: Map<string, NdArray>,
  { stem }: WeightSource,
  { input }: InferenceModel,
): void {
  const kernel = stem && weights.get(stem.kernel);
  if (!kernel) return;
  const [, , channels = 0, filters = 0] = kernel.shape;
  const data = kernel.data.map((_, i) => {
    const channel = Math.floor(i / filters) % channels;
    const shift = stem.order === "bgr" ? (channels - 1 - 2 * channel) * filters : 0;
    return kernel.data[i + shift]! * input.std[channel]! / stem.std[channel]!;
  });
  weights.set(stem.kernel, { shape: kernel.shape, data });
}

/** Half a level of 255: what is less is no difference worth a sentence. */
const MEAN_TOLERANCE = 0.6;

function notesOf({ title, stem, note }: WeightSource, { input }: InferenceModel): string[] {
  const notes = note ? [note] : [];
  const differs = (mean: Channels) =>
    mean.some((value, i) => Math.abs(value - input.mean[i]!) > MEAN_TOLERANCE);
  if (stem && differs(stem.mean)) {
    notes.push(
      `${title} was trained on pixels less ${stem.mean.join(", ")}, ` +
        `this model subtracts ${input.mean.join(", ")}: fine-tune it`,
    );
  }
  return notes;
}
