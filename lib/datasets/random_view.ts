/**
 * Augmentation in space: which part of a photo the network gets to see, and mirrored or not.
 *
 * @module
 */
import { boxCount, type Boxes } from "../geometry/boxes.ts";
import type { View } from "../geometry/view.ts";
import type { Size } from "../image/image.ts";
import type { Truth } from "../models/detector_model.ts";
import type { Random } from "../numbers/random.ts";
import { faceSide } from "./truth.ts";

/** How {@linkcode randomView} chooses. */
export interface ViewOptions {
  /**
   * Sides that a crop may have, as parts of the photo's shorter side; above 1 it is larger than the
   * photo and has a border.
   */
  readonly cropScales: readonly number[];
  /**
   * Probability that the view is the middle of the photo: its shorter side fills the frame's, what
   * stands over of the other is cut off evenly.
   */
  readonly centreChance: number;
  /** Probability that a view is chosen for one face (zoom) rather than as a crop. */
  readonly zoomChance: number;
  /**
   * What a face that is zoomed at gets to measure: its longer side as part of the frame's shorter one,
   * drawn log-uniformly between these two; 0 < least ≤ most ≤ 1.
   */
  readonly zoomSide: readonly [least: number, most: number];
  /** A zoom enlarges at most this much, in pixels of the view per pixel of the photo. */
  readonly maxEnlarge: number;
  /** Probability that the view is mirrored. */
  readonly flipChance: number;
}

/** Crops and flip as vedadet trains TinaFace (tinaface.md §9.2, 9.4); the zoom is tinyface's own. */
export const VIEW_OPTIONS: ViewOptions = {
  cropScales: [0.3, 0.45, 0.6, 0.8, 1],
  centreChance: 0,
  zoomChance: 0,
  zoomSide: [0.1, 0.8],
  maxEnlarge: 4,
  flipChance: 0.5,
};

/** A stretch of one axis, from low to high. */
type Span = readonly [low: number, high: number];

/** What a view must do: have this shorter side and hold these stretches of the photo, if any. */
interface Wish {
  readonly sidePx: number;
  readonly keep: readonly [x: Span, y: Span] | null;
}

/** The faces to be found, by index. */
function targetsOf({ boxes, ignore }: Truth): number[] {
  return Array.from({ length: boxCount(boxes) }, (_, i) => i).filter((i) => ignore[i] === 0);
}

/** A view in which one of the faces gets a random size. */
function zoom(
  boxes: Boxes,
  targets: readonly number[],
  frameSide: number,
  random: Random,
  { zoomSide: [least, most], maxEnlarge }: ViewOptions,
): Wish | null {
  const largestShare = (i: number) => Math.min(most, faceSide(boxes, i) * maxEnlarge / frameSide);
  const reachable = targets.filter((i) => largestShare(i) >= least);
  if (reachable.length === 0) return null;
  const face = random.pick(reachable);
  const share = least * Math.exp(random.uniform(0, Math.log(largestShare(face) / least)));
  const [x1, y1, x2, y2] = boxes.subarray(4 * face);
  return { sidePx: faceSide(boxes, face) / share, keep: [[x1!, x2!], [y1!, y2!]] };
}

/** A crop of random size that holds the centre of one of the faces. */
function crop(
  boxes: Boxes,
  targets: readonly number[],
  photo: Size,
  random: Random,
  { cropScales }: ViewOptions,
): Wish {
  const sidePx = random.pick(cropScales) * Math.min(photo.width, photo.height);
  if (targets.length === 0) return { sidePx, keep: null };
  const [x1, y1, x2, y2] = boxes.subarray(4 * random.pick(targets));
  const x = (x1! + x2!) / 2, y = (y1! + y2!) / 2;
  return { sidePx, keep: [[x, x], [y, y]] };
}

/**
 * Where a stretch of this length starts on an axis of the photo: at random such that it holds `keep`
 * and shows no border that its length does not force on it.
 */
function place(length: number, photo: number, keep: Span | undefined, random: Random): number {
  const slack = photo - length;
  const [low, high] = keep ?? [Infinity, -Infinity];
  return random.uniform(
    Math.max(Math.min(0, slack), high - length),
    Math.min(Math.max(0, slack), low),
  );
}

/**
 * The middle of a photo, as large as the frame's aspect allows: "resize the shorter side, crop the
 * centre" in one step (seeds.md §2.2).
 */
export function centreView(photo: Size, frame: Size): View {
  const scale = Math.max(frame.width / photo.width, frame.height / photo.height);
  const width = frame.width / scale, height = frame.height / scale;
  return {
    x: (photo.width - width) / 2,
    y: (photo.height - height) / 2,
    width,
    height,
    outWidth: frame.width,
    outHeight: frame.height,
  };
}

/**
 * A random view of a photo: a crop of random size that holds the centre of a face, or (zoom) a view in
 * which a face that it holds whole has a random size, or the middle of the photo. A photo without
 * faces to find gets a crop anywhere. The view has the frame's aspect.
 *
 * @param photo Size of the photo.
 * @param faces Its faces, in its pixels and cut to it; ignored ones are not looked for.
 * @param frame Size at which the view is shown.
 */
export function randomView(
  photo: Size,
  { boxes, ignore }: Truth,
  frame: Size,
  random: Random,
  options: ViewOptions = VIEW_OPTIONS,
): View {
  // Nothing is drawn where nothing is asked for, so that trainings without it go on as they were.
  if (options.centreChance > 0 && random.chance(options.centreChance)) {
    return { ...centreView(photo, frame), flip: random.chance(options.flipChance) };
  }
  const frameSide = Math.min(frame.width, frame.height);
  const targets = targetsOf({ boxes, ignore });
  const wish = random.chance(options.zoomChance)
    ? zoom(boxes, targets, frameSide, random, options)
    : null;
  const { sidePx, keep } = wish ?? crop(boxes, targets, photo, random, options);
  const width = sidePx * frame.width / frameSide, height = sidePx * frame.height / frameSide;
  return {
    x: place(width, photo.width, keep?.[0], random),
    y: place(height, photo.height, keep?.[1], random),
    width,
    height,
    outWidth: frame.width,
    outHeight: frame.height,
    flip: random.chance(options.flipChance),
  };
}
