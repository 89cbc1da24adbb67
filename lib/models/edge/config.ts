/**
 * Configuration of the edge detector, plain data.
 *
 * @module
 */
import type { AnchorLayout } from "../../geometry/anchors.ts";
import { type Alpha, ALPHAS } from "../mobilenet_v2.ts";

/** Activations of a teacher: of the backbone, of the pyramid, and, in its own neck, what outputs read. */
export type EdgeHint = "backbone" | "pyramid" | "heads";

/** Everything that decides what an edge detector is. */
export interface EdgeConfig extends Readonly<Record<string, unknown>> {
  /**
   * Where features come from: MobileNetV2, which starts from ImageNet weights, with a short path for
   * small faces beside it; or YuNet's, which starts from nothing and learns from YuNet, see `teacher`.
   */
  readonly backbone: "mobilenet_v2" | "yunet";
  /** Width of MobileNetV2. */
  readonly alpha: Alpha;
  /** Channels of every level of the pyramid; a multiple of 16. */
  readonly channels: number;
  /**
   * How levels learn of each other and of what is around a face: TinaFace's pyramid and Inception, or
   * YuNet's.
   */
  readonly neck: "tinaface" | "yunet";
  /** Separable convolutions in the head before its outputs. */
  readonly towerDepth: number;
  /** Side of the square input in training, in pixels; a multiple of 32. */
  readonly inputSize: number;
  /** Where anchors lie. */
  readonly anchors: AnchorLayout;
  /** What of a teacher's activations it is to give itself, beside the answers; see `yunet.ts`. */
  readonly hints: readonly EdgeHint[];
  /**
   * Whether in training every layer reads the teacher's activations, where they are hints, instead of
   * what the layers before it gave (teacher forcing): then none waits for another to learn.
   */
  readonly forced: boolean;
  /** Whether labels raise a teacher's score of faces that it is unsure of; see `confirmation.ts`. */
  readonly confirmed: boolean;
  /** Weights of the terms of the loss. */
  readonly lossWeights: { readonly cls: number; readonly box: number; readonly hint: number };
}

/**
 * The detector that ships. One anchor a place, as a teacher answers once a place: 16, 32 and 64 pixels;
 * WIDER FACE's faces are 1.29 times as high as wide in the median. Boxes weigh nearly as much as for
 * YuNet and YOLOX (5): most of the surest mistakes are faces whose box overlaps theirs by 0.4 to 0.5.
 */
export const EDGE_CONFIG: EdgeConfig = {
  backbone: "yunet",
  alpha: 0.35,
  channels: 64,
  neck: "yunet",
  towerDepth: 1,
  inputSize: 320,
  anchors: { scales: [2], ratio: 1.25, sizeIs: "root-of-area", centre: 0.5 },
  hints: ["backbone", "pyramid", "heads"],
  forced: false,
  confirmed: false,
  lossWeights: { cls: 1, box: 4, hint: 2 },
};

const EDGE_BACKBONES: readonly EdgeConfig["backbone"][] = ["mobilenet_v2", "yunet"];
const EDGE_NECKS: readonly EdgeConfig["neck"][] = ["tinaface", "yunet"];
const EDGE_HINTS: readonly string[] = ["backbone", "pyramid", "heads"];

/** What YuNet's features have, which its neck adds up. */
const YUNET_CHANNELS = 64;

/** Strides of the levels, in pixels. */
export const EDGE_STRIDES = [8, 16, 32] as const;

/**
 * The configuration with defaults filled in, checked.
 *
 * Throws a `RangeError` that names the value and what is possible.
 */
export function edgeConfig(changes: Readonly<Record<string, unknown>> = {}): EdgeConfig {
  const problem = (text: string) => new RangeError(`Cannot build model "edge": ${text}`);
  const unknown = Object.keys(changes).find((key) => !Object.hasOwn(EDGE_CONFIG, key));
  if (unknown !== undefined) {
    throw problem(
      `"${unknown}" is not one of its settings (${Object.keys(EDGE_CONFIG).join(", ")})`,
    );
  }
  const given = { ...EDGE_CONFIG, ...changes } as EdgeConfig;
  const config = { ...given, lossWeights: { ...EDGE_CONFIG.lossWeights, ...given.lossWeights } };
  const { backbone, neck, alpha, channels, towerDepth, inputSize } = config;
  if (!EDGE_BACKBONES.includes(backbone)) {
    throw problem(`backbone is "${backbone}", choose from ${EDGE_BACKBONES.join(", ")}`);
  }
  if (!EDGE_NECKS.includes(neck)) {
    throw problem(`neck is "${neck}", choose from ${EDGE_NECKS.join(", ")}`);
  }
  const hint = config.hints.find((hint) => !EDGE_HINTS.includes(hint));
  if (hint !== undefined) {
    throw problem(`hints has "${hint}", choose from ${EDGE_HINTS.join(", ")}`);
  }
  if (!ALPHAS.includes(alpha)) {
    throw problem(`alpha is "${alpha}", choose from ${ALPHAS.join(", ")}`);
  }
  const numbers = { channels: [channels, 16], inputSize: [inputSize, EDGE_STRIDES.at(-1)!] };
  for (const [name, [value, step]] of Object.entries(numbers)) {
    if (!(value! > 0) || !Number.isInteger(value! / step!)) {
      throw problem(`${name} is "${value}", not a multiple of ${step}`);
    }
  }
  if (neck === "yunet" && (backbone !== "yunet" || channels !== YUNET_CHANNELS)) {
    throw problem(
      `neck is "yunet", which takes backbone "yunet" and "${YUNET_CHANNELS}" channels only`,
    );
  }
  if (!Number.isInteger(towerDepth) || towerDepth < 0) {
    throw problem(`towerDepth is "${towerDepth}", expected an integer from 0`);
  }
  return config;
}
