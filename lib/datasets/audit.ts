/**
 * What is in a data set, and what is wrong with it.
 *
 * @module
 */
import { decodePhoto } from "../codec/decode_photo.ts";
import type { ReadableStore } from "../files/store.ts";
import { boxArea, boxCount, type Boxes, clipBoxes } from "../geometry/boxes.ts";
import { letterbox } from "../geometry/letterbox.ts";
import { boxesToView } from "../geometry/view.ts";
import type { Size } from "../image/image.ts";
import { type AnchorCheck, anchorCheck, type Anchored } from "./anchor_recall.ts";
import { Counter, type Histogram } from "./histogram.ts";
import { readPhoto } from "./photo_file.ts";
import { dHash, nearPairs } from "./perceptual_hash.ts";
import type { Dataset, Leftovers, Sample } from "./sample.ts";
import { faceSide } from "./truth.ts";

/** A photo and why it cannot be used. */
export interface BrokenPhoto {
  /** Its path. */
  readonly path: string;
  /** One sentence. */
  readonly reason: string;
}

/** Two photos that look alike. */
export interface LikePair {
  /** Path of the one. */
  readonly first: string;
  /** Path of the other. */
  readonly second: string;
  /** Bits of their dHash that differ, of 64. */
  readonly distance: number;
}

/** How many faces a model's anchors reach. */
export interface AnchorRecall {
  /** The model. */
  readonly model: string;
  /** Faces that are to be found. */
  readonly faces: number;
  /** Those that an anchor overlaps with an IoU of at least 0.35, the photo shown whole. */
  readonly reached: number;
  /** The same by size, in the bins of {@linkcode Audit.relativeSizes}. */
  readonly reachedBySize: readonly number[];
}

/** Boxes that deserve a look. */
export interface BoxFaults {
  /** Boxes that reach beyond the photo by more than a pixel. */
  readonly outside: number;
  /** Boxes of which nothing lies on the photo. */
  readonly offPhoto: number;
  /** Boxes with a side of less than {@linkcode TINY_PX} pixels. */
  readonly tiny: number;
  /** Boxes without an area: inverted, or NaN. */
  readonly inverted: number;
}

/** Result of {@linkcode audit}; plain data. */
export interface Audit {
  /** The data set. */
  readonly name: string;
  /** Photos with annotations, broken ones included. */
  readonly photos: number;
  /** Photos without a face. */
  readonly background: number;
  /** Faces to be found. */
  readonly faces: number;
  /** Faces to be ignored. */
  readonly ignored: number;
  /** Faces of a photo. */
  readonly facesPerPhoto: Histogram;
  /** Longer side of the photos, in pixels. */
  readonly photoSizes: Histogram;
  /** Longer side of the faces, in pixels of the photo. */
  readonly sizesPx: Histogram;
  /** Longer side of the faces as a part of the photo's longer side. */
  readonly relativeSizes: Histogram;
  /** What is wrong with boxes. */
  readonly boxes: BoxFaults;
  /** Photos that cannot be decoded. */
  readonly broken: readonly BrokenPhoto[];
  /** Paths of photos whose files are the same, a group each. */
  readonly duplicates: readonly (readonly string[])[];
  /** Photos that look alike, without those of `duplicates`. */
  readonly alike: readonly LikePair[];
  /** Files without their counterpart. */
  readonly leftovers: Leftovers;
  /** What the reader of the format had to say. */
  readonly problems: readonly string[];
  /** One entry for each model that has anchors. */
  readonly anchorRecall: readonly AnchorRecall[];
}

/** A model as far as its anchors go. */
export interface AnchorModel {
  /** Its name. */
  readonly name: string;
  /** The size of its input. */
  readonly input: { readonly size: Size };
  /** Its anchors, where it has any. */
  readonly anchors?: Anchored["anchors"];
}

/** How {@linkcode audit} works. */
export interface AuditOptions {
  /** Where the photos lie. */
  readonly store: ReadableStore;
  /** Models whose anchors are tried; those without are passed over. Default: none. */
  readonly models?: readonly AnchorModel[];
  /** Is told how many photos are done. */
  readonly onPhoto?: (done: number, total: number) => void;
}

/** Faces smaller than this are not measured on WIDER FACE (tinaface.md §7, `height_th`). */
export const TINY_PX = 9;

/** Photos whose dHash differs in at most this many bits look alike. */
export const ALIKE_BITS = 3;

const FACE_COUNT_EDGES = [0, 1, 2, 3, 5, 10, 20, 50, 100, 200, 500];
const PHOTO_EDGES = [0, 128, 256, 512, 768, 1024, 1536, 2048, 4096];
const PX_EDGES = [0, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
const RELATIVE_EDGES = [0, 1 / 256, 1 / 128, 1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2];

function faultsOf(boxes: Boxes, i: number, { width, height }: Size): (keyof BoxFaults)[] {
  const [x1, y1, x2, y2] = boxes.subarray(4 * i) as unknown as [number, number, number, number];
  if (!(x2 > x1 && y2 > y1)) return ["inverted"];
  const faults: (keyof BoxFaults)[] = [];
  if (x1 < -1 || y1 < -1 || x2 > width + 1 || y2 > height + 1) faults.push("outside");
  if (boxArea(clipBoxes(boxes.slice(4 * i, 4 * i + 4), width, height), 0) === 0) {
    faults.push("offPhoto");
  }
  if (Math.min(x2 - x1, y2 - y1) < TINY_PX) faults.push("tiny");
  return faults;
}

/** Anchors of a model, and what they reached so far. */
interface Reach {
  readonly model: AnchorModel;
  readonly check: AnchorCheck;
  readonly bySize: Counter;
}

function reachOf(models: readonly AnchorModel[]): Reach[] {
  return models.flatMap((model) =>
    model.anchors === undefined ? [] : [{
      model,
      check: anchorCheck(model.anchors(model.input.size)),
      bySize: new Counter(RELATIVE_EDGES),
    }]
  );
}

async function digest(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** Faces, counted photo by photo. */
class FaceTally {
  readonly sizesPx = new Counter(PX_EDGES);
  readonly relative = new Counter(RELATIVE_EDGES);
  readonly faults = { outside: 0, offPhoto: 0, tiny: 0, inverted: 0 };
  readonly #reaches: readonly Reach[];

  constructor(models: readonly AnchorModel[]) {
    this.#reaches = reachOf(models);
  }

  add({ boxes, ignore }: Sample, size: Size): void {
    const longSide = Math.max(size.width, size.height);
    const shown = this.#reaches.map(({ model }) =>
      boxesToView(boxes, letterbox(size, model.input.size))
    );
    for (let i = 0; i < boxCount(boxes); i++) {
      for (const fault of faultsOf(boxes, i, size)) this.faults[fault]++;
      if (ignore[i] === 1) continue;
      const sidePx = faceSide(boxes, i);
      this.sizesPx.add(sidePx);
      this.relative.add(sidePx / longSide);
      for (const [k, { check, bySize }] of this.#reaches.entries()) {
        if (check(shown[k]!, i)) bySize.add(sidePx / longSide);
      }
    }
  }

  get anchorRecall(): AnchorRecall[] {
    return this.#reaches.map(({ model: { name }, bySize }) => ({
      model: name,
      faces: this.relative.total,
      reached: bySize.total,
      reachedBySize: bySize.histogram.counts,
    }));
  }
}

/** What is known of a photo that could be read. */
interface SeenPhoto {
  readonly path: string;
  readonly digest: string;
  readonly hash: bigint;
}

function sameFiles(seen: readonly SeenPhoto[]): string[][] {
  const groups = Map.groupBy(seen, ({ digest }) => digest).values();
  return [...groups].filter((group) => group.length > 1).map((group) => group.map((p) => p.path));
}

function alikeFiles(seen: readonly SeenPhoto[]): LikePair[] {
  return nearPairs(seen.map(({ hash }) => hash), ALIKE_BITS)
    .map(({ i, j, distance }) => ({ first: seen[i]!, second: seen[j]!, distance }))
    .filter(({ first, second }) => first.digest !== second.digest)
    .map(({ first, second, distance }) => ({ first: first.path, second: second.path, distance }));
}

/**
 * Looks a data set over: every photo is read and decoded once.
 *
 * @param dataset What `loadDataset` gave.
 */
export async function audit(dataset: Dataset, options: AuditOptions): Promise<Audit> {
  const { store, models = [], onPhoto } = options, { samples } = dataset;
  const facesPerPhoto = new Counter(FACE_COUNT_EDGES), photoSizes = new Counter(PHOTO_EDGES);
  const tally = new FaceTally(models), broken: BrokenPhoto[] = [], seen: SeenPhoto[] = [];
  let faces = 0, ignored = 0;

  const look = async (sample: Sample) => {
    const bytes = await readPhoto(store, sample);
    const image = await decodePhoto(bytes, { orientation: sample.orientation });
    seen.push({ path: sample.path, digest: await digest(bytes), hash: dHash(image) });
    photoSizes.add(Math.max(image.width, image.height));
    tally.add(sample, image);
  };

  for (const [k, sample] of samples.entries()) {
    const { path, ignore } = sample, count = ignore.filter((flag) => flag === 0).length;
    faces += count;
    ignored += ignore.length - count;
    facesPerPhoto.add(count);
    await look(sample).catch(({ message }: Error) => broken.push({ path, reason: message }));
    onPhoto?.(k + 1, samples.length);
  }

  return {
    name: dataset.name,
    photos: samples.length,
    background: samples.filter(({ ignore }) => ignore.length === 0).length,
    faces,
    ignored,
    facesPerPhoto: facesPerPhoto.histogram,
    photoSizes: photoSizes.histogram,
    sizesPx: tally.sizesPx.histogram,
    relativeSizes: tally.relative.histogram,
    boxes: tally.faults,
    broken,
    duplicates: sameFiles(seen),
    alike: alikeFiles(seen),
    leftovers: dataset.leftovers ?? { photos: [], annotations: [], broken: [] },
    problems: dataset.problems,
    anchorRecall: tally.anchorRecall,
  };
}
