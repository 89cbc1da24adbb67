/**
 * A detector to learn from: what it says of a picture, at every place, as training targets.
 *
 * Labels say which faces there are. A trained detector also says how sure one can be of each, where a
 * box ends that nobody can see the end of, and what is no face although it looks like one; and it says
 * so of every crop, labelled or not (distillation: Hinton et al. 2015, arXiv 1503.02531).
 *
 * @module
 */
import { compileEngine, supportedEngineBuild } from "../engine/module.ts";
import { EngineNetwork } from "../engine/network.ts";
import { channelsOf, type Image } from "../image/image.ts";
import type { TeacherAnswer } from "../models/trainable_model.ts";
import type { NdArray } from "../numbers/nd_array.ts";
import { importOnnx } from "../onnx/import.ts";
import { readOnnx } from "../onnx/read.ts";
import { decodeYunet, YUNET_OUTPUTS, yunetFeatures } from "./yunet.ts";

/**
 * Says what it sees in a picture whose sides are multiples of 32: at every place a box, in the picture's
 * pixels, a score, and the activations that both come from.
 */
export type Teacher = (picture: Image) => TeacherAnswer;

/**
 * Loads YuNet; it runs on this thread.
 *
 * @param file The ONNX file.
 * @param features Names of the activations that it is to tell of, see `yunet.ts`; each costs time.
 * Throws a `SyntaxError` when it is no ONNX file, a `RangeError` when it is another network's or the
 * runtime has no WebAssembly SIMD.
 */
export async function loadTeacher(
  file: Uint8Array,
  features: readonly string[] = [],
): Promise<Teacher> {
  const onnx = readOnnx(file), seen = yunetFeatures(onnx, features);
  const { graph, weights } = importOnnx(onnx, [...YUNET_OUTPUTS, ...Object.values(seen)]);
  const build = supportedEngineBuild();
  if (!build) throw new RangeError("Cannot run the teacher: WebAssembly SIMD is not there");
  const network = new EngineNetwork(graph, weights, await compileEngine(build));
  return (picture) => {
    const outputs = network.predict(bgrOf(picture));
    const { boxes, scores } = decodeYunet(
      Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data])),
      picture,
    );
    return {
      boxes,
      // As it scores faces itself: the geometric mean of its two answers.
      scores: scores.map(Math.sqrt),
      features: Object.fromEntries(
        Object.entries(seen).map(([name, output]) => [name, enlarged(outputs[output]!)]),
      ),
    };
  };
}

/**
 * What its activations are multiplied by. They are around 0.1; behind a batch norm that has not learnt
 * yet they are around 1, and a pupil would spend its first thousands of steps on that.
 */
const ENLARGEMENT = 8;

function enlarged({ shape, data }: NdArray): NdArray {
  return { shape, data: data.map((value) => ENLARGEMENT * value) };
}

/** Blue, green and red, 0 to 255, `[H, W, 3]`. */
function bgrOf(image: Image): NdArray {
  const channels = channelsOf(image), { width, height } = image;
  const data = new Float32Array(3 * width * height);
  for (let from = 0, to = 0; to < data.length; from += channels, to += 3) {
    data[to] = image.data[from + 2]!;
    data[to + 1] = image.data[from + 1]!;
    data[to + 2] = image.data[from]!;
  }
  return { shape: [height, width, 3], data };
}
