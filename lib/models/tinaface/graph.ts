/**
 * The network of TinaFace: backbone, pyramid, Inception, heads.
 *
 * Reference: Zhu et al. 2020, arXiv 2011.13183v3; Media-Smart/vedadet.
 *
 * @module
 */
import { GraphBuilder } from "../../graph/builder.ts";
import type { Graph } from "../../graph/graph.ts";
import { addMobileNetV2 } from "../mobilenet_v2.ts";
import { addResNet50 } from "../resnet50.ts";
import type { TinafaceConfig } from "./config.ts";
import { addHeads } from "./head.ts";
import { addInception } from "./inception.ts";
import { addPyramid } from "./pyramid.ts";

/** Builds the network; its outputs are those of `addHeads`. */
export function tinafaceGraph(config: TinafaceConfig): Graph {
  const builder = new GraphBuilder().part("backbone");
  const image = builder.add("input", "image", [], { channels: 3 });
  const features = BACKBONES[config.backbone](builder, image, config);
  builder.part("neck");
  const pyramid = addInception(builder, addPyramid(builder, features, config), config);
  builder.part("head");
  return builder.finish(addHeads(builder, pyramid, config));
}

type AddBackbone = (builder: GraphBuilder, image: string, config: TinafaceConfig) => string[];

const BACKBONES: { readonly [B in TinafaceConfig["backbone"]]: AddBackbone } = {
  resnet50: (builder, image, { backboneNorm, backboneBias, deformable }) =>
    addResNet50(builder, image, {
      norm: backboneNorm,
      bias: backboneBias,
      deformable,
      prefix: "backbone.",
    }),
  mobilenet_v2: (builder, image, { alpha }) => addMobileNetV2(builder, image, alpha),
};
