/**
 * The networks of others whose weights this project can use: what their tensors are called there and
 * here. Data only.
 *
 * @module
 */

/** Values of red, green and blue. */
export type Channels = readonly [red: number, green: number, blue: number];

/** A network of another library. */
export interface WeightSource {
  /** Its name, for people. */
  readonly title: string;
  /** A tensor that it has and no other source. */
  readonly mark: string;
  /** How its library calls and lays out tensors. */
  readonly convention: "keras" | "pytorch";
  /** Rewrites the names of its layers, in this order. */
  readonly layers: readonly (readonly [pattern: RegExp, name: string])[];
  /** Tensors that no detector has a use for, such as the classifier. */
  readonly surplus: RegExp;
  /** Parts of the graph that it fills. Default: all. */
  readonly parts?: readonly string[];
  /** The first convolution and the photo it was trained on. Default: the same as the model's. */
  readonly stem?: {
    /** Name of its kernel here. */
    readonly kernel: string;
    /** Subtracted from pixels of 0 … 255. */
    readonly mean: Channels;
    /** What they are divided by after that. */
    readonly std: Channels;
    /** Order of its input channels. */
    readonly order: "rgb" | "bgr";
  };
  /** What is different all the same, one sentence. */
  readonly note?: string;
}

/** Where the features come from; `edge` calls the first of its layers the stem. */
const BACKBONE = ["stem", "backbone"];

/** vedadet's whole TinaFace (`tinaface_r50_fpn_{gn_dcn,bn}`); the graph is called after it. */
const VEDADET_TINAFACE: WeightSource = {
  title: "vedadet TinaFace",
  mark: "bbox_head.retina_cls.weight",
  convention: "pytorch",
  layers: [],
  surplus: /\.num_batches_tracked$/,
};

/** `torchvision.models.resnet50`; its transforms scale to 0 … 1 first. */
const TORCHVISION_RESNET50: WeightSource = {
  title: "torchvision ResNet-50",
  mark: "layer4.2.conv3.weight",
  convention: "pytorch",
  layers: [[/^/, "backbone."]],
  surplus: /^fc\.|\.num_batches_tracked$/,
  parts: BACKBONE,
  stem: {
    kernel: "backbone.conv1/kernel",
    mean: [123.675, 116.28, 103.53],
    std: [0.229 * 255, 0.224 * 255, 0.225 * 255],
    order: "rgb",
  },
};

/** `keras.applications.ResNet50`, preprocessing "caffe" (keras `imagenet_utils.py`). */
const KERAS_RESNET50: WeightSource = {
  title: "Keras ResNet-50",
  mark: "conv5_block3_3_conv/kernel",
  convention: "keras",
  layers: [
    [/^conv1_conv$/, "backbone.conv1"],
    [/^conv1_bn$/, "backbone.bn1"],
    [/^conv2_block/, "backbone.layer1.block"],
    [/^conv3_block/, "backbone.layer2.block"],
    [/^conv4_block/, "backbone.layer3.block"],
    [/^conv5_block/, "backbone.layer4.block"],
    // Keras counts blocks from 1.
    ...Array.from({ length: 6 }, (_, i) => [new RegExp(`\\.block${i + 1}_`), `.${i}.`] as const),
    [/0_conv$/, "downsample.0"],
    [/0_bn$/, "downsample.1"],
    [/([123])_(conv|bn)$/, "$2$1"],
  ],
  surplus: /^(predictions|probs)\//,
  parts: BACKBONE,
  stem: {
    kernel: "backbone.conv1/kernel",
    mean: [123.68, 116.779, 103.939],
    std: [1, 1, 1],
    order: "bgr",
  },
  note: "Keras' ResNet-50 has its strides in other convolutions (1×1, not 3×3): fine-tune it",
};

/** `keras.applications.MobileNetV2`, preprocessing "tf"; the graph is called after it. */
const KERAS_MOBILENET_V2: WeightSource = {
  title: "Keras MobileNetV2",
  mark: "block_16_project/kernel",
  convention: "keras",
  layers: [],
  surplus: /^(Conv_1|Conv_1_bn|predictions|Logits|dense\w*)\//,
  parts: BACKBONE,
  stem: {
    kernel: "Conv1/kernel",
    mean: [127.5, 127.5, 127.5],
    std: [127.5, 127.5, 127.5],
    order: "rgb",
  },
};

/** All sources; the first whose mark a file has is the one. */
export const WEIGHT_SOURCES: readonly WeightSource[] = [
  VEDADET_TINAFACE,
  TORCHVISION_RESNET50,
  KERAS_RESNET50,
  KERAS_MOBILENET_V2,
];
