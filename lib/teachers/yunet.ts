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

/**
 * Names of the values that its heads read, stride 8 first, 64 channels each. The names are numbers and
 * differ from file to file; those of the weights that read them do not.
 *
 * Throws a `RangeError` when the file is another network's.
 */
export function yunetFeatures({ nodes }: ReadOnnx): string[] {
  return STRIDES.map((_, level) => {
    const weight = `bbox_head.multi_level_share_convs.${level}.0.conv1.weight`;
    const reader = nodes.find(({ inputs }) => inputs.includes(weight));
    if (reader === undefined) {
      throw new RangeError(`Cannot load the teacher: it is no YuNet, there is no "${weight}"`);
    }
    return reader.inputs[0]!;
  });
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
