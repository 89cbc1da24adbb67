/**
 * At which sizes a detector gets to see a photo: the choice behind every published number, and numbers
 * can be compared only when it is the same.
 *
 * @module
 */
import { voteBoxes } from "../geometry/box_voting.ts";
import { boxesOf, type Face, toFaces } from "../geometry/faces.ts";
import { boxesFromView, type View, wholeView } from "../geometry/view.ts";
import type { Image, Size } from "../image/image.ts";
import { resample } from "../image/resample.ts";

/** One look at a photo. */
export interface Look extends Size {
  /** Mirrored left to right. */
  readonly flip: boolean;
}

/** A named way to show photos to a detector. */
export interface InputProtocol {
  /** What it does, in a phrase. */
  readonly summary: string;
  /** The looks at a photo of some size; several are merged by box voting. */
  readonly looks: (photo: Size) => readonly Look[];
}

function scaled({ width, height }: Size, scale: number): Look {
  const side = (px: number) => Math.max(1, Math.round(px * scale));
  return { width: side(width), height: side(height), flip: false };
}

// TinaFace (arXiv 2011.13183), section 4.2: short sides of the multi-scale test. The shifts by one
// pixel that it adds are left out: four times the time for what rounding of coordinates loses.
const TTA_SHORT_SIDES_PX = [500, 800, 1100, 1400, 1700];

/** The protocols by name; scores come out in pixels of the photo with every one of them. */
export const INPUT_PROTOCOLS = {
  original: {
    summary: "the photo's own size",
    looks: (photo) => [scaled(photo, 1)],
  },
  // The column "VGA" of SCRFD and the tables of YOLO faces.
  vga: {
    summary: "long side 640 px",
    looks: (photo) => [scaled(photo, 640 / Math.max(photo.width, photo.height))],
  },
  // vedadet `configs/infer/tinaface`: Resize img_scale=(1100, 1650), keep_ratio.
  "1100x1650": {
    summary: "as large as fits 1100 x 1650 px, in either direction",
    looks: (photo) => {
      const long = Math.max(photo.width, photo.height);
      const short = Math.min(photo.width, photo.height);
      return [scaled(photo, Math.min(1650 / long, 1100 / short))];
    },
  },
  tta: {
    summary: `short sides ${TTA_SHORT_SIDES_PX.join(", ")} px, each also mirrored; box voting`,
    looks: (photo) =>
      TTA_SHORT_SIDES_PX.flatMap((side) => {
        const look = scaled(photo, side / Math.min(photo.width, photo.height));
        return [look, { ...look, flip: true }];
      }),
  },
} as const satisfies Readonly<Record<string, InputProtocol>>;

/** Name of a protocol. */
export type InputProtocolName = keyof typeof INPUT_PROTOCOLS;

/** Names of all protocols. */
export const INPUT_PROTOCOL_NAMES = Object.keys(INPUT_PROTOCOLS) as readonly InputProtocolName[];

/** Finds faces in pixels, at the size they are given in; boxes in those pixels. */
export type DetectPixels = (image: Image) => Promise<readonly Face[]>;

/** How the boxes of several looks are merged. */
export interface MergeOptions {
  /** Boxes that overlap a better one by more than this IoU go. */
  readonly iouThreshold: number;
}

async function lookAt(
  photo: Image,
  { width, height, flip }: Look,
  detect: DetectPixels,
): Promise<Face[]> {
  if (!flip && width === photo.width && height === photo.height) return [...await detect(photo)];
  const view: View = { ...wholeView(photo, { width, height }), flip };
  const faces = await detect(resample(photo, view, [0, 0, 0]));
  return toFaces(boxesFromView(boxesOf(faces), view), faces.map(({ score }) => score));
}

/**
 * Finds the faces of a photo by a protocol.
 *
 * @param detect The detector; it must not change the size of what it is shown.
 * @returns Faces in pixels of the photo, the surest first.
 */
export async function detectByProtocol(
  photo: Image,
  { looks }: InputProtocol,
  detect: DetectPixels,
  { iouThreshold }: MergeOptions,
): Promise<Face[]> {
  const found: Face[][] = [];
  for (const look of looks(photo)) found.push(await lookAt(photo, look, detect));
  if (found.length === 1) return found[0]!;
  const faces = found.flat();
  const scores = Float32Array.from(faces, ({ score }) => score);
  const merged = voteBoxes(boxesOf(faces), scores, { iouThreshold });
  return toFaces(merged.boxes, merged.scores);
}
