/**
 * How many faces stay visible when faces are hidden, by the score from which boxes are: on an annotated
 * data set, by height of the face in the photo.
 *
 *     deno run --no-lock --allow-read --allow-env bench/anonymize_misses.ts data/wider [model]
 *
 * A face stays visible when no hidden region (a box with its margin) covers 70 % of its box. Beside
 * that, how many regions a photo has on average that cover no face.
 *
 * @module
 */
import { datasetAt } from "../lib/cli/dataset_argument.ts";
import { denoStore } from "../lib/cli/deno_store.ts";
import { table } from "../lib/cli/table.ts";
import { loadDataset } from "../lib/datasets/load.ts";
import { createDetector, type Face } from "../lib/detector/detector.ts";
import { faceFinder, findInAll } from "../lib/evaluation/find_faces.ts";
import { boxArea, boxCount, type Boxes, intersectionArea } from "../lib/geometry/boxes.ts";
import { boxesOf } from "../lib/geometry/faces.ts";
import { ANONYMIZE_DEFAULTS } from "../lib/image/anonymize.ts";
import { DEFAULT_MODEL, type ModelName } from "../lib/models/registry.ts";

const THRESHOLDS = [0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5];
const HEIGHTS_PX = [16, 32, 64, 128, Infinity];
const COVERED = 0.7;

const [folder = "data/samples", model = DEFAULT_MODEL] = Deno.args;
const { samples } = await loadDataset(denoStore, await datasetAt(denoStore, folder, "val"));
using detector = await createDetector({
  model: model as ModelName,
  scoreThreshold: Math.min(...THRESHOLDS),
});
const { photos } = await findInAll(samples, [
  faceFinder(denoStore, (image) => detector.detect(image)),
]);

/** The regions that are hidden. */
function hidden(faces: readonly Face[], threshold: number): Boxes {
  const boxes = boxesOf(faces.filter(({ score }) => score >= threshold));
  const { margin } = ANONYMIZE_DEFAULTS;
  return boxes.map((edge, i) => {
    const o = i - i % 4, k = i % 2;
    const side = boxes[o + 2 + k]! - boxes[o + k]!;
    return edge + (i % 4 < 2 ? -1 : 1) * margin * side;
  });
}

const covers = (regions: Boxes, k: number, faces: Boxes, i: number) =>
  intersectionArea(regions, k, faces, i) >= COVERED * boxArea(faces, i);

function row(threshold: number): string[] {
  const missed = HEIGHTS_PX.map(() => 0), all = HEIGHTS_PX.map(() => 0);
  let needless = 0;
  for (const { id, boxes, ignore } of samples) {
    const regions = hidden(photos.get(id)!.faces, threshold);
    const indices = Array.from({ length: boxCount(regions) }, (_, k) => k);
    const useful = new Set<number>();
    for (let i = 0; i < boxCount(boxes); i++) {
      const height = boxes[4 * i + 3]! - boxes[4 * i + 1]!;
      const bin = HEIGHTS_PX.findIndex((limit) => height < limit);
      const by = indices.filter((k) => covers(regions, k, boxes, i));
      by.forEach((k) => useful.add(k));
      if (ignore[i] === 1 || height < 9) continue;
      all[bin]!++;
      if (by.length === 0) missed[bin]!++;
    }
    needless += indices.length - useful.size;
  }
  const rates = missed.map((count, bin) => `${(100 * count / all[bin]!).toFixed(1)} %`);
  return [String(threshold), ...rates, (needless / samples.length).toFixed(2)];
}

const names = HEIGHTS_PX.map((to, k) => {
  const from = HEIGHTS_PX[k - 1] ?? 9;
  return to === Infinity ? `${from} px and more` : `${from} to ${to - 1} px`;
});
console.log(`${folder}: ${samples.length} photos, ${model}; faces that stay visible`);
console.log(table([["score", ...names, "needless a photo"], ...THRESHOLDS.map(row)]));
