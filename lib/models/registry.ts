/**
 * The detectors by name, for running them. Training has its own table (`trainable.ts`), so that who
 * only detects does not load it.
 *
 * @module
 */
import type { InferenceModel } from "./detector_model.ts";
import { edgeInference } from "./edge/inference.ts";
import { TINAFACE, TINAFACE_LITE } from "./tinaface/config.ts";
import { tinafaceInference, type TinafacePreset } from "./tinaface/inference.ts";
import { tinyInference } from "./tiny/inference.ts";

/** Name of a detector. */
export type ModelName = "edge" | "tiny" | "tinaface" | "tinaface-lite";

/** Builds a detector from the settings that differ from its defaults. */
type Build<Model> = (changes?: Readonly<Record<string, unknown>>) => Model;

/** The relatives of TinaFace by name. */
export const TINAFACES = {
  "tinaface": { name: "tinaface", config: TINAFACE },
  "tinaface-lite": { name: "tinaface-lite", config: TINAFACE_LITE },
} as const satisfies { readonly [M in ModelName]?: TinafacePreset };

const MODELS: { readonly [M in ModelName]: Build<InferenceModel> } = {
  "edge": edgeInference,
  "tiny": tinyInference,
  "tinaface": (changes) => tinafaceInference(TINAFACES["tinaface"], changes),
  "tinaface-lite": (changes) => tinafaceInference(TINAFACES["tinaface-lite"], changes),
};

/** Names of all detectors. */
export const MODEL_NAMES = Object.keys(MODELS) as readonly ModelName[];

/** The detector that is used when none is named. */
export const DEFAULT_MODEL: ModelName = "edge";

/** Throws a `RangeError` unless a detector has this name. */
export function assertModelName(name: string): asserts name is ModelName {
  if (!MODEL_NAMES.includes(name as ModelName)) {
    throw new RangeError(
      `Cannot find model "${name}": choose from ${MODEL_NAMES.map((n) => `"${n}"`).join(", ")}`,
    );
  }
}

/**
 * Builds a detector by name.
 *
 * @param changes Settings that differ from the model's defaults.
 * Throws a `RangeError` for an unknown name or setting.
 */
export function inferenceModel(
  name: string,
  changes?: Readonly<Record<string, unknown>>,
): InferenceModel {
  assertModelName(name);
  return MODELS[name](changes);
}
