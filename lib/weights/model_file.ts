/**
 * A trained model as one file: safetensors whose metadata say which model it is and how it was
 * configured, so that weights never need a second file to be of use.
 *
 * @module
 */
import type { InferenceModel } from "../models/detector_model.ts";
import { inferenceModel } from "../models/registry.ts";
import type { NdArray } from "../numbers/nd_array.ts";
import { decodeSafetensors, encodeSafetensors, type StoredType } from "./safetensors.ts";
import { matchWeights, type WeightMap } from "./weight_map.ts";

/** A model and its weights. */
export interface LoadedModel {
  /** The model, built from the configuration in the file. */
  readonly model: InferenceModel;
  /** All weights of its graph. */
  readonly weights: Map<string, NdArray>;
}

/** Writes a model into the bytes of a file. `notes` are free text kept beside the weights. */
export function encodeModel(
  model: InferenceModel,
  weights: WeightMap,
  { type, notes = {} }: { type?: StoredType; notes?: Readonly<Record<string, string>> } = {},
): Uint8Array<ArrayBuffer> {
  const metadata = { ...notes, model: model.name, config: JSON.stringify(model.config) };
  return encodeSafetensors(weights, { metadata, ...(type ? { type } : {}) });
}

/**
 * Reads a model from the bytes of a file.
 *
 * @param expected Name of the model it has to be. Default: any.
 * Throws a `SyntaxError` when the bytes are no such file, a `RangeError` when they hold another model
 * than expected or an unknown one, a `WeightsMismatchError` when weights and network differ.
 */
export function decodeModel(bytes: Uint8Array, expected?: string): LoadedModel {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const name = metadata.model;
  if (name === undefined) {
    throw new SyntaxError(
      "Cannot read model: the weight file does not say which model it belongs to",
    );
  }
  if (expected !== undefined && name !== expected) {
    throw new RangeError(`Cannot read model "${expected}": the weights belong to model "${name}"`);
  }
  const model = inferenceModel(name, parseConfig(metadata.config ?? "{}"));
  return { model, weights: matchWeights(model.graph, tensors) };
}

function parseConfig(text: string): Record<string, unknown> {
  const problem = "Cannot read model: the config in the weight file is not a JSON object";
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    throw new SyntaxError(problem);
  }
  if (typeof config !== "object" || config === null) throw new SyntaxError(problem);
  return config as Record<string, unknown>;
}
