/**
 * Other people's face detectors from ONNX files, as functions from pixels to faces.
 *
 * Reference for RetinaFace: biubug6/Pytorch_Retinaface `test_widerface.py`,
 * `layers/functions/prior_box.py`, `utils/box_utils.py`,
 * `data/config.py` cfg_mnet.
 *
 * @module
 */
import { ort } from "../lib/deps/onnxruntime_web.ts";
import type { DetectPixels } from "../lib/evaluation/input_protocol.ts";
import { clipBoxes, takeBoxes } from "../lib/geometry/boxes.ts";
import { toFaces } from "../lib/geometry/faces.ts";
import { nms } from "../lib/geometry/nms.ts";
import { channelsOf, type Image, type Size } from "../lib/image/image.ts";
import type { Detections } from "../lib/models/detector_model.ts";
import { decodeYunet } from "../lib/teachers/yunet.ts";

type Outputs = Readonly<Record<string, Float32Array>>;

/** How a detector is fed and read. */
interface Peer {
  /** Subtracted from blue, green and red. */
  readonly meanBgr: readonly [number, number, number];
  /** Overlap above which the better one of two boxes stays, as its authors evaluate it. */
  readonly iouThreshold: number;
  /** Boxes of the outputs for an input of some size, in its pixels. */
  readonly decode: (outputs: Outputs, input: Size) => Detections;
}

/** Both repositories evaluate from this score on. */
const EVALUATION_THRESHOLD = 0.02;
/** Coarsest stride of both networks: sides of the input are multiples of it. */
const STRIDE = 32;

/** All cells of a grid over the input, row by row. */
function* cells(input: Size, stride: number): Generator<{ column: number; row: number }> {
  for (let row = 0; row < input.height / stride; row++) {
    for (let column = 0; column < input.width / stride; column++) yield { column, row };
  }
}

function corners(x: number, y: number, width: number, height: number): number[] {
  return [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
}

/** Two square priors in the middle of each cell; variances 0.1 and 0.2. */
function decodeRetinaface({ loc, conf }: Outputs, input: Size): Detections {
  const boxes: number[] = [], scores: number[] = [];
  const levels = [[8, [16, 32]], [16, [64, 128]], [32, [256, 512]]] as const;
  let i = 0;
  for (const [stride, sides] of levels) {
    for (const { column, row } of cells(input, stride)) {
      for (const side of sides) {
        scores.push(conf![2 * i + 1]!);
        const [dx, dy, dw, dh] = loc!.subarray(4 * i, 4 * ++i);
        boxes.push(...corners(
          (column + 0.5) * stride + 0.1 * dx! * side,
          (row + 0.5) * stride + 0.1 * dy! * side,
          side * Math.exp(0.2 * dw!),
          side * Math.exp(0.2 * dh!),
        ));
      }
    }
  }
  return { boxes: Float32Array.from(boxes), scores: Float32Array.from(scores) };
}

const YUNET: Peer = { meanBgr: [0, 0, 0], iouThreshold: 0.45, decode: decodeYunet };

/** The detectors by the name of their file. */
export const PEERS: Readonly<Record<string, Peer>> = {
  yunet_n: YUNET,
  yunet_s: YUNET,
  retinaface_mnet025: {
    meanBgr: [104, 117, 123],
    iouThreshold: 0.4,
    decode: decodeRetinaface,
  },
};

/** Pixels as `[1, 3, H, W]`, blue first, black to the right and below up to whole strides. */
function toTensor(image: Image, meanBgr: Peer["meanBgr"]): { data: Float32Array; input: Size } {
  const whole = (side: number) => Math.ceil(side / STRIDE) * STRIDE;
  const input = { width: whole(image.width), height: whole(image.height) };
  const plane = input.width * input.height, channels = channelsOf(image);
  const data = new Float32Array(3 * plane);
  for (let c = 0; c < 3; c++) {
    data.fill(-meanBgr[c]!, c * plane, (c + 1) * plane);
    for (let y = 0; y < image.height; y++) {
      for (let x = 0; x < image.width; x++) {
        const pixel = channels * (y * image.width + x);
        data[c * plane + y * input.width + x] = image.data[pixel + 2 - c]! - meanBgr[c]!;
      }
    }
  }
  return { data, input };
}

/** Loads a detector; it runs on one thread and finds what has a score of more than the threshold. */
export async function loadPeer(
  file: Uint8Array,
  peer: Peer,
  scoreThreshold = EVALUATION_THRESHOLD,
): Promise<DetectPixels> {
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(file);
  return async (image) => {
    const { data, input } = toTensor(image, peer.meanBgr);
    const tensor = new ort.Tensor("float32", data, [1, 3, input.height, input.width]);
    const results = await session.run({ input: tensor });
    const outputs = Object.fromEntries(
      Object.entries(results).map(([name, output]) => [name, output.data as Float32Array]),
    );
    const { boxes, scores } = peer.decode(outputs, input);
    const kept = nms(boxes, scores, {
      iouThreshold: peer.iouThreshold,
      scoreThreshold,
    });
    const inImage = clipBoxes(takeBoxes(boxes, kept), image.width, image.height);
    return toFaces(inImage, kept.map((k) => scores[k]!));
  };
}
