/**
 * Mistakes as pictures: the part of the photo around one, with the boxes drawn in.
 *
 * @module
 */
import { encodeJpeg } from "../codec/encode.ts";
import type { Boxes } from "../geometry/boxes.ts";
import { boxesToView, type View } from "../geometry/view.ts";
import { drawBoxes } from "../image/draw.ts";
import type { Image } from "../image/image.ts";
import { resample, type Rgb } from "../image/resample.ts";
import type { Mistake } from "./wider_mistakes.ts";

/** What is drawn around a mistake. */
export interface Surroundings {
  /** All true faces of the photo, `[x, y, width, height, …]`. */
  readonly faces: Float64Array;
  /** What was detected there, in the same form. */
  readonly detections: Float64Array;
}

/** Colours of the boxes. */
export const FIGURE_COLORS = {
  mistake: [230, 30, 30],
  detections: [20, 80, 255],
  faces: [40, 190, 60],
} as const satisfies Readonly<Record<string, Rgb>>;

const SIDE_PX = 256, JPEG_QUALITY = 82;
/** How much of the photo is shown, in sides of the mistake's box, and at least in pixels. */
const ZOOM = 3, MIN_SHOWN_PX = 64;

function viewAround([x, y, width, height]: Mistake["box"]): View {
  const shown = Math.max(MIN_SHOWN_PX, ZOOM * Math.max(width, height));
  return {
    x: x + width / 2 - shown / 2,
    y: y + height / 2 - shown / 2,
    width: shown,
    height: shown,
    outWidth: SIDE_PX,
    outHeight: SIDE_PX,
  };
}

function toCorners(boxes: ArrayLike<number>): Boxes {
  return Float32Array.from(boxes, (value, k) => k % 4 < 2 ? value : value + boxes[k - 2]!);
}

/** The figure as a JPEG: the mistake in red, detections in blue, true faces in green. */
export function mistakeFigure(
  photo: Image,
  { box }: Mistake,
  { faces, detections }: Surroundings,
): Uint8Array<ArrayBuffer> {
  const view = viewAround(box);
  const layers: [ArrayLike<number>, Rgb][] = [
    [faces, FIGURE_COLORS.faces],
    [detections, FIGURE_COLORS.detections],
    [box, FIGURE_COLORS.mistake],
  ];
  const drawn = layers.reduce(
    (image, [boxes, color]) => drawBoxes(image, boxesToView(toCorners(boxes), view), { color }),
    resample(photo, view, [128, 128, 128]),
  );
  return encodeJpeg(drawn, JPEG_QUALITY);
}
