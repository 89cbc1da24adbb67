/**
 * ResNet-50 without its classifier, "pytorch style": the stride sits in the 3×3 convolution. Nodes
 * are called as in torchvision and vedadet, so that their weights need no table of names.
 *
 * Reference: He et al. 2015, arXiv 1512.03385, table 1; torchvision `models/resnet.py`; deformable
 * convolutions as in vedadet's `stage_with_dcn` (Dai et al. 2017, arXiv 1703.06211: offsets without
 * a mask).
 *
 * @module
 */
import type { GraphBuilder } from "../graph/builder.ts";
import { addConv, addNorm, centred, type Norm } from "./layers.ts";

/** Blocks, width of the 3×3 convolution and stride of each stage. */
const STAGES = [
  { blocks: 3, width: 64, stride: 1 },
  { blocks: 4, width: 128, stride: 2 },
  { blocks: 6, width: 256, stride: 2 },
  { blocks: 3, width: 512, stride: 2 },
] as const;

/** Channels that a block gives, per channel of its 3×3 convolution. */
const EXPANSION = 4;

/** What varies between ResNets here. */
export interface ResNetOptions {
  /** How it normalises. */
  readonly norm: Exclude<Norm, "none">;
  /** Whether convolutions have biases although a norm follows (Keras' have). */
  readonly bias: boolean;
  /** Whether the 3×3 convolutions of the last two stages are deformable. */
  readonly deformable: boolean;
  /** In front of all names. */
  readonly prefix: string;
}

/**
 * Adds the network.
 *
 * @param image Name of the node with the normalised photo.
 * @returns Names of C2 … C5: strides 4, 8, 16, 32; 256, 512, 1024, 2048 channels.
 */
export function addResNet50(
  builder: GraphBuilder,
  image: string,
  { norm, bias, deformable, prefix }: ResNetOptions,
): string[] {
  const stem = addConv(builder, `${prefix}conv1`, image, {
    filters: 64,
    kernel: 7,
    stride: 2,
    norm: [`${prefix}${norm}1`, norm],
    activation: "relu",
    bias,
  });
  let x = builder.add("maxPool", `${prefix}maxpool`, [stem], {
    kernel: 3,
    stride: 2,
    padding: centred(3),
  });
  const outputs: string[] = [];
  for (const [i, { blocks, width, stride }] of STAGES.entries()) {
    for (let block = 0; block < blocks; block++) {
      x = addBottleneck(builder, `${prefix}layer${i + 1}.${block}.`, x, {
        width,
        stride: block === 0 ? stride : 1,
        project: block === 0,
        deformable: deformable && i >= 2,
        norm,
        bias,
      });
    }
    outputs.push(x);
  }
  return outputs;
}

interface Bottleneck {
  readonly width: number;
  readonly stride: number;
  readonly project: boolean;
  readonly deformable: boolean;
  readonly norm: Exclude<Norm, "none">;
  readonly bias: boolean;
}

/** 1×1 down, 3×3, 1×1 up, plus the shortcut. */
function addBottleneck(
  builder: GraphBuilder,
  prefix: string,
  input: string,
  { width, stride, project, deformable, norm, bias }: Bottleneck,
): string {
  const normed = (i: number) => [`${prefix}${norm}${i}`, norm] as const;
  let x = addConv(builder, `${prefix}conv1`, input, {
    filters: width,
    norm: normed(1),
    activation: "relu",
    bias,
  });
  if (deformable) {
    x = addDeformable(builder, `${prefix}conv2`, x, { filters: width, stride });
    x = addNorm(builder, `${prefix}${norm}2`, x, { norm, channels: width });
    x = builder.add("relu", `${prefix}${norm}2.relu`, [x], {});
  } else {
    x = addConv(builder, `${prefix}conv2`, x, {
      filters: width,
      kernel: 3,
      stride,
      norm: normed(2),
      activation: "relu",
      bias,
    });
  }
  x = addConv(builder, `${prefix}conv3`, x, { filters: EXPANSION * width, norm: normed(3), bias });
  const shortcut = project
    ? addConv(builder, `${prefix}downsample.0`, input, {
      filters: EXPANSION * width,
      stride,
      norm: [`${prefix}downsample.1`, norm],
      bias,
    })
    : input;
  const sum = builder.add("add", `${prefix}add`, [shortcut, x], {});
  return builder.add("relu", `${prefix}relu`, [sum], {});
}

/** A 3×3 convolution that looks where a second one tells it; that one starts at zero. */
function addDeformable(
  builder: GraphBuilder,
  name: string,
  input: string,
  { filters, stride }: { filters: number; stride: number },
): string {
  const kernel = 3;
  const offsets = addConv(builder, `${name}.conv_offset`, input, {
    filters: 2 * kernel ** 2,
    kernel,
    stride,
    init: { kernel: 0 },
  });
  return builder.add("deformConv", name, [input, offsets], {
    kernel,
    filters,
    stride,
    padding: centred(kernel),
    bias: false,
  });
}
