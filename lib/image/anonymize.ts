/**
 * Faces made unrecognisable on a copy of a photo.
 *
 * What is left of a face is bounded by construction, not by how strong a filter looks: `fill` and
 * `emoji` keep nothing, `blur` and `pixelate` see it only through the means of a few large blocks
 * (`block_means.ts`), so nothing finer can be got back by any sharpening or deconvolution.
 *
 * @module
 */
import type { Face } from "../geometry/faces.ts";
import { blockMeans } from "./block_means.ts";
import {
  coveredRegion,
  type CoverShape,
  isCovered,
  type Paint,
  type Region,
  touchedPixels,
} from "./cover.ts";
import { channelsOf, type Image } from "./image.ts";
import type { Rgb } from "./resample.ts";
import { smiley } from "./smiley.ts";

/** What is put in the place of a face; see {@linkcode AnonymizeOptions.method}. */
export type AnonymizeMethod = "blur" | "pixelate" | "fill" | "emoji";

/** How {@linkcode anonymize} hides faces. */
export interface AnonymizeOptions {
  /**
   * `"blur"`: the face's colours in smooth spots; `"pixelate"`: in blocks; `"fill"`: one colour;
   * `"emoji"`: a smiley.
   *
   * @default {"blur"}
   */
  readonly method?: AnonymizeMethod;
  /**
   * `"ellipse"` inscribed in the face's box with its margin, or all of that `"box"`.
   *
   * @default {"ellipse"}
   */
  readonly shape?: CoverShape;
  /**
   * What is hidden around a face's box, on each of its four sides, in widths (heights) of the box,
   * ≥ 0. From 0.21 on the ellipse holds the whole box.
   *
   * @default {0.25}
   */
  readonly margin?: number;
  /**
   * How many samples along its longer side are left of a face by `"blur"` and `"pixelate"`, from 1
   * to 8.
   *
   * @default {4}
   */
  readonly samples?: number;
  /**
   * The colour of `"fill"`.
   *
   * @default {[0, 0, 0]}
   */
  readonly color?: Rgb;
}

/** People match strangers' faces near chance at 8 blocks across (Bindemann et al. 2013). */
export const MAX_SAMPLES = 8;

/** How faces are hidden when nothing else is said. */
export const ANONYMIZE_DEFAULTS: Required<AnonymizeOptions> = {
  method: "blur",
  shape: "ellipse",
  margin: 0.25, // the ellipse around a box is √2 times as large: 0.207 on each side, and some to spare
  samples: 4, // half of MAX_SAMPLES, because machines need less than people (McPherson et al. 2016)
  color: [0, 0, 0],
};

/** What a method needs to know of one face. */
interface Task {
  readonly image: Image;
  /** What is hidden. */
  readonly region: Region;
  /** Smallest side of a block, in pixels. */
  readonly blockPx: number;
  readonly options: Required<AnonymizeOptions>;
}

const METHODS: Readonly<Record<AnonymizeMethod, (task: Task) => Paint>> = {
  blur: ({ image, region, blockPx }) => blockMeans(image, region, blockPx).smooth(),
  pixelate: ({ image, region, blockPx }) => blockMeans(image, region, blockPx).flat(),
  fill: ({ image, options: { color } }) => {
    const pixel = [...color, 255].slice(0, channelsOf(image));
    return (_x, _y, data, o) => data.set(pixel, o);
  },
  emoji: ({ image, region }) => smiley(region, channelsOf(image)),
};

/** The methods by name. */
export const ANONYMIZE_METHODS = Object.keys(METHODS) as readonly AnonymizeMethod[];

function checkOptions({ method, margin, samples }: Required<AnonymizeOptions>): void {
  if (!ANONYMIZE_METHODS.includes(method)) {
    const choices = ANONYMIZE_METHODS.map((name) => `"${name}"`).join(", ");
    throw new RangeError(`Cannot anonymize: method is "${method}", choose from ${choices}`);
  }
  if (!(margin >= 0 && margin < Infinity)) {
    throw new RangeError(`Cannot anonymize: margin is "${margin}", not a number of at least 0`);
  }
  if (!(samples >= 1 && samples <= MAX_SAMPLES)) {
    throw new RangeError(`Cannot anonymize: samples is "${samples}", not in 1 … ${MAX_SAMPLES}`);
  }
}

/** A box that is not a number would hide nothing, silently. */
function checkBox({ box }: Pick<Face, "box">): void {
  const { x, y, width, height } = box;
  if ([x, y, width, height].every(Number.isFinite) && width >= 0 && height >= 0) return;
  throw new RangeError(`Cannot anonymize: a face's box is "${[x, y, width, height].join()}"`);
}

/**
 * Smallest side of a block: the longer side of the face ÷ samples, and never single pixels, which
 * would leave a small face as it is.
 */
function blockSidePx({ box }: Pick<Face, "box">, samples: number): number {
  return Math.max(2, Math.ceil(Math.max(box.width, box.height) / samples));
}

/** What a face's place is painted with, and which place that is. */
interface Painting {
  readonly region: Region;
  readonly paint: Paint;
}

function paintOver(image: Image, { region, paint }: Painting, shape: CoverShape): void {
  const { width } = image, channels = channelsOf(image);
  const { left, top, right, bottom } = touchedPixels(region, image);
  // Paints cut off what is behind the point; an array that clamps would round.
  const data = new Uint8Array(image.data.buffer, image.data.byteOffset, image.data.length);
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      if (isCovered(region, shape, x, y)) paint(x, y, data, (y * width + x) * channels);
    }
  }
}

/**
 * Makes faces unrecognisable in the image itself: of a large photo a copy would count. Otherwise as
 * {@linkcode anonymize}.
 */
export function hideFaces(
  image: Image,
  faces: readonly Pick<Face, "box">[],
  options: AnonymizeOptions = {},
): void {
  const settings = { ...ANONYMIZE_DEFAULTS, ...options };
  checkOptions(settings);
  faces.forEach(checkBox);
  // All are looked at before any is painted over: faces may overlap.
  const paintings = faces.map((face) => {
    const region = coveredRegion(face.box, settings.margin);
    const blockPx = blockSidePx(face, settings.samples);
    return {
      region,
      paint: METHODS[settings.method]({ image, region, blockPx, options: settings }),
    };
  });
  for (const painting of paintings) paintOver(image, painting, settings.shape);
}

/**
 * A copy of the image whose faces cannot be recognised.
 *
 * Blur and blocks scale with the face, so that a large face keeps as little as a small one. Faces
 * are hidden where the boxes are: what the detector missed stays visible, so take a low score
 * threshold ({@linkcode ANONYMIZE_THRESHOLDS}).
 *
 * @param image RGB or RGBA pixels, e.g. a canvas' `ImageData`. It is not changed.
 * @param faces Where the faces are, in pixels of the image; scores are not looked at.
 * @returns An image of the same size and channels. Hidden pixels are opaque with `"fill"` and
 * `"emoji"`; the others keep the mean opacity of their block.
 *
 * Throws a `RangeError` for an option out of range or a box that is not finite, and a `TypeError`
 * when the data do not fit the image's size.
 *
 * @example Hide the faces of a photo
 * ```ts
 * import { anonymize, ANONYMIZE_THRESHOLDS, createDetector } from "@tinyface/tinyface";
 *
 * using detector = await createDetector({ device: "cpu" });
 * const photo = { width: 64, height: 48, data: new Uint8Array(64 * 48 * 4).fill(127) };
 * const faces = await detector.detect(photo, { scoreThreshold: ANONYMIZE_THRESHOLDS["tiny"] });
 * const publishable = anonymize(photo, faces, { method: "pixelate", shape: "box" });
 * console.log(publishable.data.length === photo.data.length);
 * ```
 */
export function anonymize(
  image: Image,
  faces: readonly Pick<Face, "box">[],
  options: AnonymizeOptions = {},
): Image {
  const { width, height } = image, copy = { width, height, data: Uint8Array.from(image.data) };
  hideFaces(copy, faces, options);
  return copy;
}
