/**
 * Configuration of TinaFace and its relatives, plain data.
 *
 * @module
 */
import type { AnchorLayout } from "../../geometry/anchors.ts";
import type { AssignerName } from "../../geometry/assigner.ts";
import { type Alpha, ALPHAS } from "../mobilenet_v2.ts";

/** Everything that decides what a TinaFace is; the presets below are the ones with a history. */
export interface TinafaceConfig extends Readonly<Record<string, unknown>> {
  /** Where the features come from. */
  readonly backbone: "resnet50" | "mobilenet_v2";
  /** Width of `mobilenet_v2`. */
  readonly alpha: Alpha;
  /** How neck, context and head normalise, and `resnet50`. */
  readonly norm: "gn" | "bn" | "none";
  /** How `resnet50` normalises. */
  readonly backboneNorm: "gn" | "bn";
  /** Whether `resnet50` has biases beside its norms, as in Keras. */
  readonly backboneBias: boolean;
  /** Deformable convolutions in the last two stages of `resnet50`. */
  readonly deformable: boolean;
  /** `fpn`: every level is smoothed, two more are added; `fcn`: seed 2's top-down merge. */
  readonly neck: "fpn" | "fcn";
  /** Levels of the pyramid, from stride 4 on. */
  readonly levels: number;
  /** Channels of every level. */
  readonly channels: number;
  /** Inception block: one that all levels share (the paper), one each (seed 2), or none. */
  readonly inception: "shared" | "per-level" | "none";
  /** Head: shared by all levels (3×3 towers, the paper), or one each (1×1 towers, seed 2). */
  readonly head: "shared" | "per-level";
  /** Convolutions in each tower of the head. */
  readonly towerDepth: number;
  /** Side of the square input in training, in pixels. */
  readonly inputSize: number;
  /** Subtracted from red, green and blue. */
  readonly mean: readonly [number, number, number];
  /** What red, green and blue are divided by after that. */
  readonly std: readonly [number, number, number];
  /** Where anchors lie. */
  readonly anchors: AnchorLayout;
  /** Which anchors answer for a face. */
  readonly assigner: AssignerName;
  /** IoU from which an anchor may answer for a face. */
  readonly positiveIou: number;
  /** What the network says about boxes: differences from anchors, or corners in pixels (seed 2). */
  readonly regression: "deltas" | "corners";
  /** Loss of the boxes. */
  readonly boxLoss: "diou" | "giou+l1";
  /** Weights of the terms of the loss. */
  readonly lossWeights: { readonly cls: number; readonly box: number; readonly iou: number };
  /** score = cls^(1 − a) · iou^a. */
  readonly iouExponent: number;
}

/** Sizes of the anchors in strides: three a octave from 2^(4/3) (vedadet, `octave_base_scale`). */
const SCALES = [2 ** (4 / 3), 2 ** (5 / 3), 4];

/**
 * The paper's network as vedadet trains it without deformable convolutions: easy/medium/hard fall by
 * .000/.002/.001 for that (table 1), and it runs everywhere.
 *
 * Reference: `configs/trainval/tinaface/tinaface_r50_fpn_gn_dcn.py`; the score's exponent is vedadet's
 * alpha 0.4 (cls^0.8 · iou^1.2) without the square.
 */
export const TINAFACE: TinafaceConfig = {
  backbone: "resnet50",
  alpha: 1.0,
  norm: "gn",
  backboneNorm: "gn",
  backboneBias: false,
  deformable: false,
  neck: "fpn",
  levels: 6,
  channels: 256,
  inception: "shared",
  head: "shared",
  towerDepth: 4,
  inputSize: 640,
  mean: [123.675, 116.28, 103.53],
  std: [1, 1, 1],
  anchors: { scales: SCALES, ratio: 1.3, sizeIs: "root-of-area", centre: 0 },
  assigner: "max-iou",
  positiveIou: 0.35,
  regression: "deltas",
  boxLoss: "diou",
  lossWeights: { cls: 1, box: 2, iou: 1 },
  iouExponent: 0.6,
};

/** Seed 2's simplification (rateme5stars/Tina-Face), with the normalisation it lacked. */
export const TINAFACE_LITE: TinafaceConfig = {
  ...TINAFACE,
  norm: "none",
  backboneNorm: "bn",
  backboneBias: true,
  neck: "fcn",
  levels: 4,
  inception: "per-level",
  head: "per-level",
  anchors: { scales: SCALES, ratio: 1.3, sizeIs: "width", centre: 0.5 },
  assigner: "best-of-12",
  regression: "deltas",
  boxLoss: "giou+l1",
  lossWeights: { cls: 1, box: 1, iou: 1 },
  iouExponent: 0.5,
};

/** Strides of the levels, P2 on. */
export function stridesOf({ levels }: TinafaceConfig): number[] {
  return Array.from({ length: levels }, (_, i) => 4 * 2 ** i);
}

type Choices = { readonly [Key in keyof TinafaceConfig]?: readonly unknown[] };

const CHOICES: Choices = {
  backbone: ["resnet50", "mobilenet_v2"],
  alpha: ALPHAS,
  norm: ["gn", "bn", "none"],
  backboneNorm: ["gn", "bn"],
  neck: ["fpn", "fcn"],
  levels: [4, 6],
  inception: ["shared", "per-level", "none"],
  head: ["shared", "per-level"],
  assigner: ["max-iou", "best-of-12"],
  regression: ["deltas", "corners"],
  boxLoss: ["diou", "giou+l1"],
};

/**
 * A preset with some settings changed, checked.
 *
 * Throws a `RangeError` that names the value and what is possible.
 */
export function tinafaceConfig(
  name: string,
  preset: TinafaceConfig,
  changes: Readonly<Record<string, unknown>> = {},
): TinafaceConfig {
  const problem = (text: string) => new RangeError(`Cannot build model "${name}": ${text}`);
  const unknown = Object.keys(changes).find((key) => !(key in preset));
  if (unknown !== undefined) throw problem(`"${unknown}" is not one of its settings`);
  const config = { ...preset, ...changes } as TinafaceConfig;
  for (const [key, choices] of Object.entries(CHOICES)) {
    if (!choices!.includes(config[key])) {
      throw problem(`${key} is "${config[key]}", choose from ${choices!.join(", ")}`);
    }
  }
  const stride = stridesOf(config).at(-1)!;
  if (!Number.isInteger(config.inputSize / stride)) {
    throw problem(`inputSize is "${config.inputSize}", not a multiple of ${stride}`);
  }
  return config;
}
