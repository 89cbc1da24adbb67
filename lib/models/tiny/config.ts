/**
 * Configuration of the tiny detector, plain data.
 *
 * @module
 */
import { type Alpha, ALPHAS } from "../mobilenet_v2.ts";

/** How boxes are compared in training: squared differences as in the seed, or distance-IoU. */
export const BOX_LOSSES = ["squared", "diou"] as const;

/** See {@linkcode BOX_LOSSES}. */
export type BoxLoss = typeof BOX_LOSSES[number];

/** MobileNetV2 with a grid head, as burnpiro/tiny-face-detection-tensorflow2 describes it. */
export interface TinyConfig extends Readonly<Record<string, unknown>> {
  /** Width of the backbone: smaller is faster, larger more precise. */
  readonly alpha: Alpha;
  /** Side of the square network input, in pixels; a multiple of 32. */
  readonly inputSize: number;
  /** Cells along each side of the output grid: input size / 32, or that times 2, 4, … */
  readonly gridSize: number;
  /** What training minimises for the boxes. */
  readonly boxLoss: BoxLoss;
}

/** The project's default: the smallest backbone at the seed's input and grid size. */
export const TINY_CONFIG: TinyConfig = {
  alpha: 0.35,
  inputSize: 224,
  gridSize: 7,
  boxLoss: "squared",
};

/** Stride of the backbone's last layer, in pixels. */
export const BACKBONE_STRIDE = 32;

/**
 * The configuration with defaults filled in, checked.
 *
 * Throws a `RangeError` that names the value and what is possible.
 */
export function tinyConfig(changes: Readonly<Record<string, unknown>> = {}): TinyConfig {
  const unknown = Object.keys(changes).find((key) => !Object.hasOwn(TINY_CONFIG, key));
  if (unknown !== undefined) {
    throw new RangeError(
      `Cannot build model "tiny": "${unknown}" is not one of its settings ` +
        `(${Object.keys(TINY_CONFIG).join(", ")})`,
    );
  }
  const config = { ...TINY_CONFIG, ...changes } as TinyConfig;
  const { alpha, inputSize, gridSize, boxLoss } = config;
  if (!ALPHAS.includes(alpha)) {
    throw new RangeError(
      `Cannot build model "tiny": alpha is "${alpha}", choose from ${ALPHAS.join(", ")}`,
    );
  }
  if (!Number.isInteger(inputSize) || inputSize < 1 || inputSize % BACKBONE_STRIDE !== 0) {
    throw new RangeError(
      `Cannot build model "tiny": inputSize is "${inputSize}", not a multiple of ${BACKBONE_STRIDE}`,
    );
  }
  const coarsest = inputSize / BACKBONE_STRIDE;
  const doublings = Math.log2(gridSize / coarsest);
  if (!Number.isInteger(gridSize) || !Number.isInteger(doublings) || doublings < 0) {
    throw new RangeError(
      `Cannot build model "tiny": gridSize is "${gridSize}", for an inputSize of ${inputSize} ` +
        `choose ${coarsest}, ${2 * coarsest} or ${4 * coarsest}`,
    );
  }
  if (!BOX_LOSSES.includes(boxLoss)) {
    throw new RangeError(
      `Cannot build model "tiny": boxLoss is "${boxLoss}", choose from ${BOX_LOSSES.join(", ")}`,
    );
  }
  return config;
}
