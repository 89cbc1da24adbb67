/**
 * Augmentation of colours as the second seed has it (seeds.md §2.2, imgaug), in place on RGB pixels:
 * always all of it, unlike `photometric.ts`.
 *
 * NOTE: imgaug changes the brightness in a colour space drawn at random; here it is always HSV.
 *
 * @module
 */
import { channelsOf, type Image } from "../image/image.ts";
import type { Random } from "../numbers/random.ts";
import { adjustGamma, adjustValue, multiplyHue } from "./colour_ops.ts";

/** A range to draw from, evenly. */
type Range = readonly [low: number, high: number];

/** How {@linkcode colourJitter} chooses; what is missing stays as it is. */
export interface ColourOptions {
  /** Range of γ, drawn for each channel. */
  readonly gamma?: Range;
  /** Range of the factor of the brightness (HSV's value). */
  readonly brightnessFactor?: Range;
  /** At most this much is added to it or taken away, after the factor; of 255. */
  readonly brightnessOffset?: number;
  /** Range of the factor of the hue (HSV, from red). */
  readonly hueFactor?: Range;
}

/** The amounts of seeds.md §2.2. */
export const COLOUR_OPTIONS: Required<ColourOptions> = {
  gamma: [0.5, 2],
  brightnessFactor: [0.5, 1.5],
  brightnessOffset: 30,
  hueFactor: [0.5, 1.5],
};

/**
 * Changes gamma, brightness and hue of an RGB picture at random, in place.
 *
 * Throws a `TypeError` when the picture is not RGB.
 */
export function colourJitter(image: Image, random: Random, options: ColourOptions): void {
  if (channelsOf(image) !== 3) throw new TypeError("Cannot change the colours: the image is RGBA");
  const { gamma, brightnessFactor = [1, 1], brightnessOffset = 0, hueFactor } = options;
  const { data } = image, draw = (range: Range) => random.uniform(...range);
  if (gamma) adjustGamma(data, [draw(gamma), draw(gamma), draw(gamma)]);
  if (options.brightnessFactor || brightnessOffset > 0) {
    adjustValue(data, draw(brightnessFactor), draw([-brightnessOffset, brightnessOffset]));
  }
  if (hueFactor) multiplyHue(data, draw(hueFactor));
}
