/**
 * The network of the tiny detector: MobileNetV2, a 3×3 convolution, a grid of five numbers a cell.
 *
 * Reference: burnpiro/tiny-face-detection-tensorflow2, `model/model.py` (layers, tap, 240 filters).
 *
 * @module
 */
import { GraphBuilder } from "../../graph/builder.ts";
import type { Graph } from "../../graph/graph.ts";
import { addMobileNetV2 } from "../mobilenet_v2.ts";
import { BACKBONE_STRIDE, type TinyConfig } from "./config.ts";

/** Keras' defaults, which the seed's head takes. */
const BATCH_NORM = { epsilon: 1e-3, momentum: 0.99 } as const;

/**
 * Builds the network. Its output `grid` is `[gridSize, gridSize, 5]`: height, width, y offset, x
 * offset and score of each cell, all in (0, 1) by a sigmoid; see `grid.ts` for what they mean.
 */
export function tinyGraph({ alpha, inputSize, gridSize }: TinyConfig): Graph {
  const builder = new GraphBuilder().part("backbone");
  const image = builder.add("input", "image", [], { channels: 3 });
  let x = addMobileNetV2(builder, image, alpha).at(-1)!;

  builder.part("head");
  const factor = gridSize * BACKBONE_STRIDE / inputSize;
  if (factor > 1) x = builder.add("upsample", "head_upsample", [x], { factor });
  x = builder.add("conv", "head_conv", [x], {
    kernel: 3,
    filters: 240,
    stride: 1,
    padding: "same",
    bias: true,
  });
  x = builder.add("relu", "head_relu_1", [x], {});
  x = builder.add("batchNorm", "head_BN", [x], BATCH_NORM);
  x = builder.add("relu", "head_relu_2", [x], {});
  const logits = builder.add("conv", "head_grid", [x], {
    kernel: 1,
    filters: 5,
    stride: 1,
    padding: "same",
    bias: true,
  });
  return builder.finish({ grid: builder.add("sigmoid", "grid", [logits], {}) });
}
