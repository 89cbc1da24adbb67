/**
 * Who misses large faces? Runs this project's detector and other people's over an annotated data set
 * and counts the faces of more than 40 pixels that each leaves out when one of twenty of its boxes
 * is no face.
 *
 *     deno run --no-lock --allow-read --allow-env bench/large_faces.ts \
 *       ../shared/peers data/samples [edge weights]
 *
 * Photos are shown at a long side of 640, and the 40 pixels are of that. A face is found when a box
 * overlaps it by 0.4, less than usual, because data sets differ in what they call a face's box.
 *
 * @module
 */
import { datasetAt } from "../lib/cli/dataset_argument.ts";
import { denoStore } from "../lib/cli/deno_store.ts";
import { table } from "../lib/cli/table.ts";
import { loadDataset } from "../lib/datasets/load.ts";
import type { Sample } from "../lib/datasets/sample.ts";
import { faceSide } from "../lib/datasets/truth.ts";
import { createDetector } from "../lib/detector/detector.ts";
import {
  averagePrecision,
  type ImageResult,
  pointAt,
  scoreForPrecision,
} from "../lib/evaluation/average_precision.ts";
import { HIGH_PRECISION } from "../lib/evaluation/evaluate.ts";
import { faceFinder, findInAll } from "../lib/evaluation/find_faces.ts";
import {
  detectByProtocol,
  type DetectPixels,
  INPUT_PROTOCOLS,
} from "../lib/evaluation/input_protocol.ts";
import { boxesOf } from "../lib/geometry/faces.ts";
import { loadPeer, PEERS } from "./peer_detectors.ts";

const LONG_SIDE = 640, LARGE_PX = 40, MIN_OVERLAP = 0.4, LOWEST_SCORE = 0.02;
const MERGE = { iouThreshold: 0.45 };

/** What counts: faces of more than 40 pixels; smaller ones and boxes on them are ignored. */
async function results(
  samples: readonly Sample[],
  detect: DetectPixels,
): Promise<ImageResult[]> {
  const find = faceFinder(
    denoStore,
    (photo) => detectByProtocol(photo, INPUT_PROTOCOLS.vga, detect, MERGE),
  );
  const { photos } = await findInAll(samples, [find]);
  return samples.map(({ id, boxes, ignore }) => {
    const { faces, width, height } = photos.get(id)!;
    const side = LARGE_PX * Math.max(width, height) / LONG_SIDE;
    return {
      truth: { boxes, ignore: ignore.map((flag, i) => faceSide(boxes, i) > side ? flag : 1) },
      detections: {
        boxes: boxesOf(faces),
        scores: Float32Array.from(faces, ({ score }) => score),
      },
      imageSide: Math.max(width, height),
    };
  });
}

/** A row of the table; small boxes on nothing are not large faces' mistakes. */
function row(name: string, images: readonly ImageResult[]): string[] {
  const minFaceSide = LARGE_PX / LONG_SIDE;
  const { ap, faces, curve } = averagePrecision(images, { iouThreshold: MIN_OVERLAP, minFaceSide });
  const score = scoreForPrecision(curve, HIGH_PRECISION);
  const missed = Math.round(faces * (1 - pointAt(curve, score).recall));
  const missedAtAll = Math.round(faces * (1 - (curve.at(-1)?.recall ?? 0)));
  return [
    name,
    String(faces),
    ap.toFixed(4),
    score.toFixed(2),
    String(missed),
    String(missedAtAll),
  ];
}

const [peers, folder, weights] = Deno.args;
if (peers === undefined || folder === undefined) {
  throw new TypeError("Cannot start: usage is large_faces.ts <peers> <data set> [edge weights]");
}
const { samples } = await loadDataset(denoStore, await datasetAt(denoStore, folder, "val"));
const rows = [["", "faces", "AP", "score", "missed", `missed at ${LOWEST_SCORE}`]];
using detector = await createDetector({
  model: "edge",
  scoreThreshold: LOWEST_SCORE,
  ...(weights === undefined ? {} : { weights: await denoStore.read(weights) }),
});
rows.push(row("edge", await results(samples, (image) => detector.detect(image))));
for (const [name, peer] of Object.entries(PEERS)) {
  const detect = await loadPeer(await denoStore.read(`${peers}/${name}.onnx`), peer);
  rows.push(row(name, await results(samples, detect)));
}
console.log(`${folder}: ${samples.length} photos\n\n${table(rows)}`);
