/**
 * The tiny detector as far as running it goes.
 *
 * @module
 */
import type { InferenceModel } from "../detector_model.ts";
import { tinyConfig } from "./config.ts";
import { tinyGraph } from "./graph.ts";
import { decodeGrid } from "./grid.ts";

/**
 * Builds the tiny detector.
 *
 * @param changes Settings that differ from `TINY_CONFIG`. Throws a `RangeError` for one that cannot be.
 */
export function tinyInference(changes?: Readonly<Record<string, unknown>>): InferenceModel {
  const config = tinyConfig(changes);
  return {
    name: "tiny",
    config,
    graph: tinyGraph(config),
    input: {
      size: { width: config.inputSize, height: config.inputSize },
      multipleOf: null,
      // Keras' MobileNetV2 preprocessing, x / 127.5 − 1
      mean: [127.5, 127.5, 127.5],
      std: [127.5, 127.5, 127.5],
      fill: [127, 127, 127], // grey: zero to the network
    },
    defaults: { scoreThreshold: 0.5, maxSide: Infinity },
    decode: ({ grid }, frame) => decodeGrid(grid!, frame),
  };
}
