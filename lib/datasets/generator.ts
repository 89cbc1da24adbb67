/**
 * Batches: photos of a data set as a network wants to see them, with what it should find there.
 *
 * @module
 */
import { boxCount, type Boxes, clipBoxes } from "../geometry/boxes.ts";
import { letterbox } from "../geometry/letterbox.ts";
import { type View, wholeView } from "../geometry/view.ts";
import type { Image, Size } from "../image/image.ts";
import { normalise } from "../image/normalise.ts";
import { resample } from "../image/resample.ts";
import type { Truth } from "../models/detector_model.ts";
import type { TrainableModel } from "../models/trainable_model.ts";
import type { Teacher } from "../teachers/teacher.ts";
import { type NdArray, stack } from "../numbers/nd_array.ts";
import { Random } from "../numbers/random.ts";
import { ahead } from "./ahead.ts";
import { colourJitter, type ColourOptions } from "./colour_jitter.ts";
import { boxesOnCached, type CachedImage, type ImageCache } from "./image_cache.ts";
import { photometric, type PhotometricOptions } from "./photometric.ts";
import { randomView, type ViewOptions } from "./random_view.ts";
import { rotate, rotateBoxes } from "./rotation.ts";
import type { Dataset, Sample } from "./sample.ts";
import { truthInView, type TruthOptions } from "./truth.ts";

/** All that training may do to a photo; plain data of a config file. */
export interface AugmentOptions {
  /** Which part of it is seen. */
  readonly view: ViewOptions;
  /** What happens to its colours. */
  readonly photometric: PhotometricOptions;
  /** What else happens to them, before that. Default: nothing. */
  readonly colour?: ColourOptions;
  /** The view is turned by at most this many degrees either way. Default 0. */
  readonly rotation?: number;
}

/** One step's worth of samples; axis 0 of every array is the sample. */
export interface Batch {
  /** `[B, H, W, 3]`, normalised as the model's `input` says. */
  readonly images: NdArray;
  /** What the model's `encodeTargets` gave, stacked: `[B, …]`. */
  readonly targets: Readonly<Record<string, NdArray>>;
  /** The faces, in pixels of the network input. */
  readonly truths: readonly Truth[];
  /** The samples. */
  readonly ids: readonly string[];
  /** `id#variant`: equal keys mean equal images and targets. */
  readonly keys: readonly string[];
}

/** How {@linkcode createGenerator} makes batches. */
export interface GeneratorOptions {
  /** The samples; at least one. */
  readonly dataset: Dataset;
  /** For whom; only how it wants its input and targets. */
  readonly model: Pick<TrainableModel, "input" | "encodeTargets" | "encodeAnswer">;
  /** Where the pixels come from. */
  readonly cache: ImageCache;
  /** Samples in a batch; the last one of an epoch may have fewer. */
  readonly batchSize: number;
  /** All randomness comes from it. */
  readonly seed: number;
  /** Size of the network input. Default: the one that the model takes. */
  readonly frame?: Size;
  /** Whether every epoch has an order of its own. */
  readonly shuffle: boolean;
  /** `null` shows the whole photo in a letterbox, the same at every epoch. */
  readonly augment: AugmentOptions | null;
  /** Whose answers are learnt beside the labels. Default: nobody's. */
  readonly teacher?: Teacher;
  /**
   * How many different views of a sample there are over the epochs; then they repeat, and what was
   * computed from them can be kept. Default `null`: every epoch has its own.
   */
  readonly variants?: number | null;
  /** Which faces are too small or too much cut to be learnt from. */
  readonly faces?: TruthOptions;
  /** What becomes of a photo that cannot be read. Default: `replace` with `shuffle`, else `skip`. */
  readonly broken?: "replace" | "skip";
  /** Is told once of every photo that cannot be read or has boxes beyond its edges. */
  readonly onProblem?: (problem: string) => void;
}

/** Batches by number. */
export interface Generator {
  /** Batches in an epoch: ⌈samples / batch size⌉. */
  readonly length: number;
  /** Samples in an epoch. */
  readonly samples: number;
  /** Batches that are worth asking for before they are needed. */
  readonly lookAhead: number;
  /** Keys that batch `idx` of an epoch is made from, without reading a photo. */
  keys(idx: number, epoch?: number): string[];
  /**
   * Batch `idx` of an epoch (counted from 0); always the same one, whatever was got before. It has no
   * samples when none of its photos can be read and broken ones are skipped.
   *
   * Throws a `RangeError` when there is no such batch and an `Error` when no photo can be read.
   */
  get(idx: number, epoch?: number): Promise<Batch>;
  /**
   * The batches of an epoch from `start` on, empty ones left out. The next ones, as many as
   * `lookAhead` says, are made while the caller works on the last.
   */
  batches(epoch?: number, start?: number): AsyncGenerator<Batch, void, void>;
}

/** On the thread that uses the batches, one of them is as good as many. */
const LOOK_AHEAD = 1;

/** A picture and the faces on it, in its pixels. */
interface Shown {
  readonly picture: Image;
  readonly truth: Truth;
}

/** A sample as the network sees it. */
interface Item {
  readonly id: string;
  readonly key: string;
  readonly image: NdArray;
  readonly truth: Truth;
  readonly targets: Readonly<Record<string, NdArray>>;
}

function check({ dataset, batchSize, variants }: GeneratorOptions): void {
  if (dataset.samples.length === 0) {
    throw new RangeError(`Cannot make batches: data set "${dataset.name}" has no samples`);
  }
  for (const [name, value] of Object.entries({ batchSize, variants: variants ?? 1 })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new RangeError(`Cannot make batches: ${name} is "${value}", expected 1 or more`);
    }
  }
}

/** The faces of a photo in pixels of its cached image, cut to it. */
function facesOn(cached: CachedImage, { boxes, ignore }: Sample): Truth {
  const { width, height } = cached.original;
  return { boxes: boxesOnCached(clipBoxes(boxes, width, height), cached), ignore };
}

/** How many boxes reach beyond the photo by more than a pixel, as rounded annotations may. */
function countBeyond(boxes: Boxes, { width, height }: Size): number {
  let count = 0;
  for (let i = 0; i < boxCount(boxes); i++) {
    const [x1, y1, x2, y2] = boxes.subarray(4 * i);
    if (x1! < -1 || y1! < -1 || x2! > width + 1 || y2! > height + 1) count++;
  }
  return count;
}

function toBatch(items: readonly Item[], frame: Size): Batch {
  const [first] = items;
  const names = Object.keys(first?.targets ?? {});
  return {
    images: first === undefined
      ? { shape: [0, frame.height, frame.width, 3], data: new Float32Array(0) }
      : stack(items.map((item) => item.image)),
    targets: Object.fromEntries(
      names.map((name) => [name, stack(items.map((item) => item.targets[name]!))]),
    ),
    truths: items.map((item) => item.truth),
    ids: items.map((item) => item.id),
    keys: items.map((item) => item.key),
  };
}

/**
 * Creates batches of a data set. Order and augmentation depend on nothing but the seed, the sample and
 * the epoch, so a run can be resumed at any batch without stored state.
 *
 * Throws a `RangeError` when there are no samples, or a number is not a positive integer.
 */
export function createGenerator(options: GeneratorOptions): Generator {
  check(options);
  const { dataset, model, cache, batchSize, seed, shuffle, augment, teacher } = options;
  const {
    frame = model.input.size,
    variants = null,
    faces = {},
    broken = shuffle ? "replace" : "skip",
  } = options;
  const samples = dataset.samples, length = Math.ceil(samples.length / batchSize);
  const reported = new Set<string>();

  const variantOf = (epoch: number) =>
    augment === null ? 0 : variants === null ? epoch : epoch % variants;
  const keyOf = (sample: Sample, epoch: number) => `${sample.id}#${variantOf(epoch)}`;

  /** Which samples a batch is made of, by index. */
  function chosen(idx: number, epoch: number): number[] {
    if (!Number.isInteger(idx) || idx < 0 || idx >= length) {
      throw new RangeError(`Cannot get batch "${idx}": there are ${length}`);
    }
    const order = shuffle
      ? new Random([seed, "order", epoch]).permutation(samples.length)
      : Uint32Array.from(samples.keys());
    return Array.from(order.subarray(idx * batchSize, (idx + 1) * batchSize));
  }

  function report(sample: Sample, problem: string): void {
    if (reported.has(sample.id)) return;
    reported.add(sample.id);
    options.onProblem?.(problem);
  }

  function show(sample: Sample, cached: CachedImage, epoch: number): Item {
    const random = new Random([seed, "augment", sample.id, variantOf(epoch)]);
    const known = facesOn(cached, sample);
    const view: View = augment === null
      ? letterbox(cached.image, frame)
      : randomView(cached.image, known, frame, random, augment.view);
    const shown = {
      picture: resample(cached.image, view, model.input.fill),
      truth: truthInView(known, view, faces),
    };
    const { picture, truth } = augment?.rotation ? turn(shown, random, augment.rotation) : shown;
    if (augment?.colour) colourJitter(picture, random, augment.colour);
    if (augment !== null) photometric(picture, random, augment.photometric);
    return {
      id: sample.id,
      key: keyOf(sample, epoch),
      image: normalise(picture, model.input),
      truth,
      targets: { ...model.encodeTargets(truth, frame), ...taught(picture, truth) },
    };
  }

  /** What a teacher says of a picture, as targets. */
  function taught(picture: Image, truth: Truth): Record<string, NdArray> {
    return teacher && model.encodeAnswer ? model.encodeAnswer(teacher(picture), truth) : {};
  }

  /** Turns what is shown by a random angle. */
  function turn({ picture, truth: { boxes, ignore } }: Shown, random: Random, most: number): Shown {
    const degrees = random.uniform(-most, most);
    const turned = { boxes: rotateBoxes(boxes, degrees, picture), ignore };
    return {
      picture: rotate(picture, degrees, model.input.fill),
      truth: truthInView(turned, wholeView(picture, picture), faces),
    };
  }

  async function read(sample: Sample): Promise<CachedImage | null> {
    try {
      const cached = await cache.get(sample);
      const beyond = countBeyond(sample.boxes, cached.original);
      if (beyond > 0) report(sample, `${sample.path}: ${beyond} boxes reach beyond the image, cut`);
      return cached;
    } catch (error) {
      report(sample, `${sample.path}: left out: ${(error as Error).message}`);
      return null;
    }
  }

  /** The item of a sample or, where broken ones are replaced, of the next one that can be read. */
  async function item(index: number, epoch: number): Promise<Item | null> {
    const tries = broken === "replace" ? samples.length : 1;
    for (let k = 0; k < tries; k++) {
      const sample = samples[(index + k) % samples.length]!;
      const cached = await read(sample);
      if (cached !== null) return show(sample, cached, epoch);
    }
    if (broken === "skip") return null;
    throw new Error(`Cannot make batches: no image of data set "${dataset.name}" can be read`);
  }

  async function get(idx: number, epoch = 0): Promise<Batch> {
    const items = await Promise.all(chosen(idx, epoch).map((index) => item(index, epoch)));
    return toBatch(items.filter((made) => made !== null), frame);
  }

  async function* batches(epoch = 0, start = 0): AsyncGenerator<Batch, void, void> {
    for await (const batch of ahead(start, length, LOOK_AHEAD, (idx) => get(idx, epoch))) {
      if (batch.ids.length > 0) yield batch;
    }
  }

  return {
    length,
    samples: samples.length,
    lookAhead: LOOK_AHEAD,
    keys: (idx, epoch = 0) => chosen(idx, epoch).map((index) => keyOf(samples[index]!, epoch)),
    get,
    batches,
  };
}
