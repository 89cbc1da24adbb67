/**
 * The edge detector as far as running it goes.
 *
 * @module
 */
import { anchorsOf } from "../anchored/anchors.ts";
import { decodeHeads } from "../anchored/decode.ts";
import type { InferenceModel, InputSpec } from "../detector_model.ts";
import { EDGE_STRIDES, type EdgeConfig, edgeConfig } from "./config.ts";
import { edgeGraph } from "./graph.ts";

/** Its score is all in one number. */
const DECODE = { iouExponent: 0, regression: "deltas" } as const;

/**
 * 0.6: from there on its precision is 0.95 on photos that were held out (docs/model_edge.md). 1024:
 * faces of up to 300 pixels were learnt, and what is smaller than a hundredth of such a photo is too
 * small to see.
 */
const DEFAULTS = { scoreThreshold: 0.6, maxSide: 1024 } as const;

/** What its backbones make of pixels. */
const PIXELS: { readonly [B in EdgeConfig["backbone"]]: Omit<InputSpec, "size" | "multipleOf"> } = {
  // x / 127.5 − 1, as it learnt it on ImageNet.
  mobilenet_v2: { mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5], fill: [128, 128, 128] },
  // Around a picture is black for YuNet, since its pixels are 0 to 255 and convolutions add zeros.
  yunet: { mean: [0, 0, 0], std: [127.5, 127.5, 127.5], fill: [0, 0, 0] },
};

/**
 * Builds the edge detector.
 *
 * @param changes Settings that differ from `EDGE_CONFIG`. Throws a `RangeError` for one that cannot be.
 */
export function edgeInference(changes?: Readonly<Record<string, unknown>>): InferenceModel {
  const config = edgeConfig(changes);
  const { inputSize } = config;
  const anchors = anchorsOf(EDGE_STRIDES, config.anchors);
  return {
    name: "edge",
    config,
    graph: edgeGraph(config),
    input: {
      size: { width: inputSize, height: inputSize },
      multipleOf: EDGE_STRIDES.at(-1)!,
      ...PIXELS[config.backbone],
    },
    defaults: DEFAULTS,
    anchors: (frame) => anchors(frame).boxes,
    decode: (outputs, frame) => decodeHeads(outputs, anchors(frame), frame, DECODE),
  };
}
