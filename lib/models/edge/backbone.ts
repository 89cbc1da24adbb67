/**
 * Where the features of the edge detector come from.
 *
 * @module
 */
import type { GraphBuilder } from "../../graph/builder.ts";
import { addConv } from "../layers.ts";
import { addMobileNetV2 } from "../mobilenet_v2.ts";
import { EDGE_STRIDES, type EdgeConfig } from "./config.ts";
import { addConvDp, addSeparable } from "./separable.ts";

/** What the pyramid reads, as names of nodes. */
export interface EdgeFeatures {
  /** At strides 8, 16 and 32. */
  readonly levels: readonly string[];
  /** Added at stride 8, of the pyramid's number of channels. */
  readonly detail?: string;
}

/**
 * Names of the nodes that can be compared with YuNet's where the backbone is the same: the end of the
 * first convolution and of each that follows.
 */
export function yunetNodes({ backbone }: EdgeConfig): string[] {
  if (backbone !== "yunet") return [];
  const ends = YUNET_STAGES.flatMap(({ channels }, i) =>
    channels.map((_, k) => `stage_${i}_${k}_relu`)
  );
  return ["stem_BN.relu", ...ends];
}

/** Adds a backbone. */
export function addBackbone(builder: GraphBuilder, config: EdgeConfig): EdgeFeatures {
  return BACKBONES[config.backbone](builder, config);
}

const BACKBONES: {
  readonly [B in EdgeConfig["backbone"]]: (b: GraphBuilder, config: EdgeConfig) => EdgeFeatures;
} = { mobilenet_v2: addMobileNet, yunet: addYunet };

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

/** A stage of YuNet: convolutions of so many channels, then half the size where another follows. */
interface Stage {
  readonly channels: readonly number[];
  readonly halve: boolean;
}

/**
 * YuNet's, after a first convolution of 16 channels at stride 2 (`configs/yunet_n.py` and
 * `mmdet/models/backbones/yunet_backbone.py` of ShiqiYu/libfacedetection.train). Most of the work is
 * at stride 4, where faces of ten pixels are found.
 */
const YUNET_STAGES: readonly Stage[] = [
  { channels: [16], halve: true },
  { channels: [16, 64], halve: false },
  { channels: [64, 64], halve: true },
  { channels: [64, 64], halve: true },
  { channels: [64, 64], halve: true },
  { channels: [64, 64], halve: false },
];

function addYunet(builder: GraphBuilder): EdgeFeatures {
  const image = addImage(builder.part("backbone"));
  let x = addConv(builder, "stem", image, {
    filters: YUNET_STAGES[0]!.channels[0]!,
    kernel: 3,
    stride: 2,
    norm: ["stem_BN", "bn"],
    activation: "relu",
  });
  const ends = YUNET_STAGES.map(({ channels, halve }, i) => {
    channels.forEach((filters, k) => x = addConvDp(builder, `stage_${i}_${k}`, x, filters));
    const end = x;
    if (halve) {
      x = builder.add("maxPool", `pool_${i}`, [x], { kernel: 2, stride: 2, padding: "same" });
    }
    return end;
  });
  return { levels: ends.slice(-EDGE_STRIDES.length) };
}
