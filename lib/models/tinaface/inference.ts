/**
 * TinaFace and its relatives as far as running them goes.
 *
 * @module
 */
import type { Rgb } from "../../image/resample.ts";
import type { InferenceModel } from "../detector_model.ts";
import { anchorsOf } from "../anchored/anchors.ts";
import { decodeHeads } from "../anchored/decode.ts";
import { stridesOf, type TinafaceConfig, tinafaceConfig } from "./config.ts";
import { tinafaceGraph } from "./graph.ts";

/** A relative of TinaFace: its name and its defaults. */
export interface TinafacePreset {
  /** Name of the model. */
  readonly name: string;
  /** Its settings. */
  readonly config: TinafaceConfig;
}

/**
 * Builds a TinaFace.
 *
 * @param changes Settings that differ from the preset. Throws a `RangeError` for one that cannot be.
 */
export function tinafaceInference(
  { name, config: preset }: TinafacePreset,
  changes?: Readonly<Record<string, unknown>>,
): InferenceModel {
  const config = tinafaceConfig(name, preset, changes);
  const { inputSize, mean, std } = config;
  const anchors = anchorsOf(stridesOf(config), config.anchors);
  return {
    name,
    config,
    graph: tinafaceGraph(config),
    input: {
      size: { width: inputSize, height: inputSize },
      multipleOf: stridesOf(config).at(-1)!,
      mean,
      std,
      fill: mean.map(Math.round) as unknown as Rgb, // zero to the network
    },
    defaults: { scoreThreshold: 0.5, maxSide: Infinity },
    anchors: (frame) => anchors(frame).boxes,
    decode: (outputs, frame) => decodeHeads(outputs, anchors(frame), frame, config),
  };
}
