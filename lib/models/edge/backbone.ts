/**
 * Where the features of the edge detector come from.
 *
 * @module
 */
import type { GraphBuilder } from "../../graph/builder.ts";
import { addConv } from "../layers.ts";
import { addMobileNetV2 } from "../mobilenet_v2.ts";
import type { EdgeConfig } from "./config.ts";
import { addSeparable } from "./separable.ts";

/** What the pyramid reads, as names of nodes. */
export interface EdgeFeatures {
  /** At strides 8, 16 and 32. */
  readonly levels: readonly string[];
  /** Added at stride 8, of the pyramid's number of channels. */
  readonly detail?: string;
}

/** Adds a backbone; what is added after it belongs to part `neck`. */
export function addBackbone(builder: GraphBuilder, config: EdgeConfig): EdgeFeatures {
  return BACKBONES[config.backbone](builder, config);
}

const BACKBONES: {
  readonly [B in EdgeConfig["backbone"]]: (b: GraphBuilder, config: EdgeConfig) => EdgeFeatures;
} = { mobilenet_v2: addMobileNet, separable: addResiduals };

const addImage = (builder: GraphBuilder) => builder.add("input", "image", [], { channels: 3 });

/**
 * At stride 16 it is where the backbone is widest, the expanded activations before it halves its size,
 * as in SSDLite (Sandler et al. 2018, arXiv 1801.04381, §6.2).
 */
const MOBILENET_FEATURES = ["block_5_add", "block_13_expand_relu", "block_15_add"];

/**
 * MobileNetV2 up to `block_15_add`. So narrow it has 8 channels at stride 4, through which all must pass
 * that is known of a face of ten pixels; hence the path for small faces.
 */
function addMobileNet(builder: GraphBuilder, config: EdgeConfig): EdgeFeatures {
  const image = addImage(builder.part("stem"));
  addMobileNetV2(builder, image, config.alpha, { rest: "backbone", blocks: 16 });
  return { levels: MOBILENET_FEATURES, detail: addDetail(builder.part("neck"), config) };
}

/**
 * The path for small faces: from the first convolution to stride 8 in three separable ones.
 *
 * @returns Name of its last node, of the pyramid's number of channels.
 */
function addDetail(builder: GraphBuilder, { channels }: EdgeConfig): string {
  const half = { filters: channels / 2 };
  const first = addSeparable(builder, "detail_0", "Conv1_relu", { ...half, stride: 2 });
  const second = addSeparable(builder, "detail_1", first, half);
  const options = { filters: channels, stride: 2, linear: true };
  return addSeparable(builder, "detail_2", second, options);
}

/** Channels of the first convolution, at stride 2. */
const STEM_CHANNELS = 16;

/**
 * What follows it; each stage halves the size, then adds to what it has so often. Most of the work is at
 * stride 4, as it is YuNet's, which finds faces of ten pixels.
 */
const STAGES = [
  { channels: 64, residuals: 2 },
  { channels: 64, residuals: 2 },
  { channels: 96, residuals: 2 },
  { channels: 128, residuals: 2 },
] as const;

function addResiduals(builder: GraphBuilder): EdgeFeatures {
  const image = addImage(builder.part("backbone"));
  let x = addConv(builder, "stem", image, {
    filters: STEM_CHANNELS,
    kernel: 3,
    stride: 2,
    norm: ["stem_BN", "bn"],
    activation: "relu",
  });
  const ends = STAGES.map(({ channels, residuals }, i) => {
    const name = `stage_${i + 1}`;
    x = addSeparable(builder, name, x, { filters: channels, stride: 2 });
    for (let k = 1; k <= residuals; k++) x = addResidual(builder, `${name}_${k}`, x, channels);
    return x;
  });
  builder.part("neck");
  return { levels: ends.slice(1) };
}

/** What it has, plus a separable convolution of it. */
function addResidual(builder: GraphBuilder, name: string, x: string, channels: number): string {
  const change = addSeparable(builder, name, x, { filters: channels, linear: true });
  return builder.add(
    "relu",
    `${name}_relu`,
    [builder.add("add", `${name}_add`, [x, change], {})],
    {},
  );
}
