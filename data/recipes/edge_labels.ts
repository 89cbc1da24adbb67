/**
 * Labels for `edge_mobilenet.json`, which learns from labels alone: two Labelme data sets made complete and alike with the help of
 * another detector (YuNet_n, Apache-2.0), as files beside them; the originals stay as they are.
 *
 *     deno run --no-lock --allow-read --allow-write --allow-env data/recipes/edge_labels.ts \
 *       data/peers/yunet_n.onnx
 *
 * - Faces that the detector is sure of and nobody has boxed are added; where it is in doubt, the place
 *   is marked to be ignored.
 * - Boxes of people in masks become the detector's where both found the same face: those of the data
 *   set run from the eyes to the chin, WIDER FACE's, which the detector learnt, from the forehead.
 *   Those that it did not find are stretched as the others were in the median.
 *
 * @module
 */
import { loadPeer, PEERS } from "../../bench/peer_detectors.ts";
import { denoStore } from "../../lib/cli/deno_store.ts";
import { Progress } from "../../lib/cli/progress.ts";
import { decodeImage } from "../../lib/codec/decode.ts";
import { loadDataset } from "../../lib/datasets/load.ts";
import { LABELME } from "../../lib/datasets/labelme.ts";
import type { Sample } from "../../lib/datasets/sample.ts";
import { median } from "../../lib/evaluation/evaluate.ts";
import { boxArea, boxCount, type Boxes, iou } from "../../lib/geometry/boxes.ts";
import { nms } from "../../lib/geometry/nms.ts";
import { wholeView } from "../../lib/geometry/view.ts";
import type { Image, Size } from "../../lib/image/image.ts";
import { resample } from "../../lib/image/resample.ts";
import type { Detections, Truth } from "../../lib/models/detector_model.ts";

/** What is completed, and where to. */
const SETS = [
  {
    source: "data/masks_labelme/train",
    target: "data/cache/edge_labels/masks_train",
    restyle: true,
  },
  { source: "data/scenes_labelme", target: "data/cache/edge_labels/scenes", restyle: false },
] as const;

/** Long sides at which the detector looks: one for large faces, one for small ones. */
const LONG_SIDES = [448, 1024];
/** Score from which it is sure, and from which it is in doubt. */
const SURE = 0.6, DOUBT = 0.2;
/** Overlap from which two boxes are the same face, in two data sets' styles. */
const SAME_FACE = 0.3;

type Detect = Awaited<ReturnType<typeof loadPeer>>;

/** What a photo shows: what is labelled, and what the detector found. */
interface Looked {
  readonly sample: Sample;
  readonly size: Size;
  readonly found: Detections;
}

async function findFaces(image: Image, detect: Detect): Promise<Detections> {
  const boxes: number[] = [], scores: number[] = [];
  for (const longSide of LONG_SIDES) {
    const scale = longSide / Math.max(image.width, image.height);
    const size = {
      width: Math.round(image.width * scale),
      height: Math.round(image.height * scale),
    };
    const faces = await detect(resample(image, wholeView(image, size), [0, 0, 0]));
    for (const { box: { x, y, width, height }, score } of faces) {
      boxes.push(x / scale, y / scale, (x + width) / scale, (y + height) / scale);
      scores.push(score);
    }
  }
  const all = { boxes: Float32Array.from(boxes), scores: Float32Array.from(scores) };
  const kept = nms(all.boxes, all.scores, { iouThreshold: 0.45, scoreThreshold: DOUBT });
  return {
    boxes: Float32Array.from(kept.flatMap((k) => [...all.boxes.subarray(4 * k, 4 * k + 4)])),
    scores: Float32Array.from(kept, (k) => all.scores[k]!),
  };
}

/** The detection that shows the same face as each label, or −1. */
function matches({ sample: { boxes }, found }: Looked): number[] {
  return Array.from({ length: boxCount(boxes) }, (_, i) => {
    let best = -1, bestOverlap = SAME_FACE;
    for (let k = 0; k < found.scores.length; k++) {
      const overlap = iou(boxes, i, found.boxes, k);
      if (overlap > bestOverlap) [best, bestOverlap] = [k, overlap];
    }
    return best;
  });
}

/** Where a box's edges lie in another one, in widths and heights of that one. */
function relative(box: Boxes, other: Boxes): number[] {
  const width = other[2]! - other[0]!, height = other[3]! - other[1]!;
  return [0, 1, 2, 3].map((k) => (box[k]! - other[k]!) / (k % 2 === 0 ? width : height));
}

const boxAt = (boxes: Boxes, i: number) => boxes.subarray(4 * i, 4 * i + 4);

/** How labels have to be stretched to become the detector's boxes, in the median. */
function medianStretch(photos: readonly Looked[]): number[] {
  const stretches = photos.flatMap((photo) =>
    matches(photo).flatMap((k, i) =>
      k < 0 ? [] : [relative(boxAt(photo.found.boxes, k), boxAt(photo.sample.boxes, i))]
    )
  );
  return [0, 1, 2, 3].map((k) => median(stretches.map((stretch) => stretch[k]!)));
}

function stretched(box: Boxes, stretch: readonly number[]): number[] {
  const width = box[2]! - box[0]!, height = box[3]! - box[1]!;
  return [...box].map((edge, k) => edge + stretch[k]! * (k % 2 === 0 ? width : height));
}

/** The labels made complete; restyled when there is a stretch. */
function complete(photo: Looked, stretch: readonly number[] | null): Truth {
  const { sample, found } = photo;
  const matched = matches(photo);
  const boxes: number[] = [], ignore: number[] = [];
  matched.forEach((k, i) => {
    const label = boxAt(sample.boxes, i);
    if (stretch === null) boxes.push(...label);
    else boxes.push(...k < 0 ? stretched(label, stretch) : boxAt(found.boxes, k));
    ignore.push(sample.ignore[i]!);
  });
  const labels = Float32Array.from(boxes);
  found.scores.forEach((score, k) => {
    const touched = Array.from({ length: boxCount(labels) }, (_, i) => i)
      .some((i) => iou(labels, i, found.boxes, k) > SAME_FACE);
    if (touched || boxArea(found.boxes, k) === 0) return;
    boxes.push(...boxAt(found.boxes, k));
    ignore.push(score >= SURE ? 0 : 1);
  });
  return { boxes: Float32Array.from(boxes), ignore: Uint8Array.from(ignore) };
}

async function lookAt(samples: readonly Sample[], detect: Detect): Promise<Looked[]> {
  const progress = new Progress(), looked: Looked[] = [];
  for (const sample of samples) {
    const image = await decodeImage(await denoStore.read(sample.path));
    looked.push({
      sample,
      size: { width: image.width, height: image.height },
      found: await findFaces(image, detect),
    });
    progress.show(`${looked.length} of ${samples.length} photos`);
  }
  progress.clear();
  return looked;
}

async function completeSet(
  { source, target, restyle }: typeof SETS[number],
  detect: Detect,
): Promise<void> {
  const { samples } = await loadDataset(denoStore, {
    format: "labelme",
    images: `${source}/images`,
    labels: `${source}/labels`,
  });
  const looked = await lookAt(samples, detect);
  const stretch = restyle ? medianStretch(looked) : null;
  const photos = looked.map((photo) => ({
    ...photo.sample,
    size: photo.size,
    ...complete(photo, stretch),
  }));
  for (const [path, content] of LABELME.write!.files(photos)) {
    await denoStore.write(`${target}/${path}`, new TextEncoder().encode(content));
  }
  const count = (truths: readonly Truth[], flag: number) =>
    truths.reduce((sum, { ignore }) => sum + ignore.filter((value) => value === flag).length, 0);
  console.log(
    `${source}: ${samples.length} photos, ${count(samples, 0)} faces before, ` +
      `${count(photos, 0)} after, ${count(photos, 1)} to be ignored; ` +
      `stretch ${stretch?.map((x) => x.toFixed(2)) ?? "none"}`,
  );
}

if (import.meta.main) {
  const [detector = "data/peers/yunet_n.onnx"] = Deno.args;
  const detect = await loadPeer(await denoStore.read(detector), PEERS.yunet_n!);
  for (const set of SETS) await completeSet(set, detect);
}
