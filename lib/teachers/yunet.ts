/**
 * YuNet as it answers before anything is sorted out: a box and a score at every place.
 *
 * Reference: ShiqiYu/libfacedetection.train `mmdet/models/dense_heads/yunet_head.py`.
 *
 * @module
 */
import type { Size } from "../image/image.ts";
import type { Detections } from "../models/detector_model.ts";
import type { ReadOnnx } from "../onnx/read.ts";

/** Strides of its levels, in pixels. */
const STRIDES = [8, 16, 32] as const;

/** Names of the outputs that say where faces are; it has landmarks besides. */
export const YUNET_OUTPUTS: readonly string[] = STRIDES.flatMap((stride) =>
  ["cls", "obj", "bbox"].map((name) => `${name}_${stride}`)
);

/** What reads each value, by its name here. */
const READERS: Readonly<Record<string, string>> = {
  backbone_0: "backbone.model0.conv2",
  ...Object.fromEntries(
    [1, 2, 3, 4, 5].flatMap((stage) => [
      [`backbone_${2 * stage - 1}`, `backbone.model${stage}.conv1`],
      [`backbone_${2 * stage}`, `backbone.model${stage}.conv2`],
    ]),
  ),
  backbone_11: "neck.lateral_convs.2",
  ...Object.fromEntries(
    STRIDES.flatMap((_, i) => [
      [`pyramid_${i}`, `bbox_head.multi_level_share_convs.${i}.0`],
      [`heads_${i}`, `bbox_head.multi_level_cls.${i}`],
    ]),
  ),
};

/**
 * Values inside it that another network can be compared with, each with its name in the file:
 * `backbone_0`, the first convolution at stride 2, to `backbone_11` at stride 32, after each convolution
 * of the backbone; `pyramid_0` to `pyramid_2`, which its heads read; and `heads_0` to `heads_2`, which
 * their outputs read. Those names are numbers and
 * differ from file to file; the names of the weights that read them do not.
 *
 * Throws a `RangeError` when the file is another network's.
 */
export function yunetFeatures(
  { nodes }: ReadOnnx,
  features: readonly string[],
): Record<string, string> {
  const ends = features.map((name) => {
    const reader = READERS[name];
    if (reader === undefined) throw new RangeError(`Cannot load the teacher: it has no "${name}"`);
    const weight = `${reader}.conv1.weight`;
    const read = nodes.find(({ inputs }) => inputs.includes(weight))?.inputs[0];
    if (read === undefined) {
      throw new RangeError(`Cannot load the teacher: it is no YuNet, there is no "${weight}"`);
    }
    const pool = nodes.find(({ type, outputs }) => type === "MaxPool" && outputs[0] === read);
    return [name, pool?.inputs[0] ?? read];
  });
  return Object.fromEntries(ends);
}

/**
 * Boxes of all places, level by level, row by row, in pixels of the input; score = class · objectness.
 *
 * @param outputs Its outputs by name, channels last.
 * @param input Size of the input; its sides are multiples of the coarsest stride.
 */
export function decodeYunet(
  outputs: Readonly<Record<string, Float32Array>>,
  input: Size,
): Detections {
  const places = STRIDES.reduce((sum, stride) => sum + outputs[`cls_${stride}`]!.length, 0);
  const boxes = new Float32Array(4 * places), scores = new Float32Array(places);
  let place = 0;
  for (const stride of STRIDES) {
    const [cls, obj, bbox] = ["cls", "obj", "bbox"].map((name) => outputs[`${name}_${stride}`]!);
    const columns = input.width / stride;
    for (let i = 0; i < cls!.length; i++, place++) {
      const [dx, dy, dw, dh] = bbox!.subarray(4 * i);
      const x = (i % columns + dx!) * stride, y = (Math.floor(i / columns) + dy!) * stride;
      const halfWidth = Math.exp(dw!) * stride / 2, halfHeight = Math.exp(dh!) * stride / 2;
      boxes.set([x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight], 4 * place);
      scores[place] = cls![i]! * obj![i]!;
    }
  }
  return { boxes, scores };
}
