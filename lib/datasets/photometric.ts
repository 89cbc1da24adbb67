/**
 * Augmentation of colours as the TinaFace paper trains, in place on RGB pixels.
 *
 * Reference: PhotoMetricDistortion as vedadet trains TinaFace (tinaface.md §9.3); its random
 * permutation of the channels is an option.
 *
 * @module
 */
import { channelsOf, type Image } from "../image/image.ts";
import type { Random } from "../numbers/random.ts";
import {
  adjustBrightness,
  adjustContrast,
  adjustHue,
  adjustSaturation,
  permuteChannels,
} from "./colour_ops.ts";

/** How {@linkcode photometric} chooses. */
export interface PhotometricOptions {
  /** Probability that a picture is changed at all. */
  readonly chance: number;
  /** Probability of each change to a picture that is. */
  readonly opChance: number;
  /** At most this much is added or taken away; of 255. */
  readonly brightness: number;
  /** Range of the factor of all channels. */
  readonly contrast: readonly [number, number];
  /** Range of the factor of the saturation (HSV). */
  readonly saturation: readonly [number, number];
  /** The hue (HSV) is turned by at most this many degrees either way. */
  readonly hue: number;
  /** Whether the channels may be shuffled, too: faces of every colour. */
  readonly permute: boolean;
}

/** The amounts of tinaface.md §9.3, channels in their places. */
export const PHOTOMETRIC_OPTIONS: PhotometricOptions = {
  chance: 0.5,
  opChance: 0.5,
  brightness: 32,
  contrast: [0.5, 1.5],
  saturation: [0.5, 1.5],
  hue: 18,
  permute: false,
};

/**
 * Changes brightness, contrast, saturation and hue of an RGB picture at random, in place.
 *
 * Throws a `TypeError` when the picture is not RGB.
 */
export function photometric(
  image: Image,
  random: Random,
  options: PhotometricOptions = PHOTOMETRIC_OPTIONS,
): void {
  if (channelsOf(image) !== 3) throw new TypeError("Cannot change the colours: the image is RGBA");
  if (!random.chance(options.chance)) return;
  const { data } = image, { opChance, brightness, contrast, saturation, hue } = options;
  const perhaps = (op: typeof adjustHue, low: number, high: number) => {
    if (random.chance(opChance)) op(data, random.uniform(low, high));
  };
  perhaps(adjustBrightness, -brightness, brightness);
  // Contrast comes before or after the colours, by the toss of a coin.
  const isContrastFirst = random.chance(0.5);
  if (isContrastFirst) perhaps(adjustContrast, ...contrast);
  perhaps(adjustSaturation, ...saturation);
  perhaps(adjustHue, -hue, hue);
  if (!isContrastFirst) perhaps(adjustContrast, ...contrast);
  if (options.permute && random.chance(opChance)) permuteChannels(data, random.permutation(3));
}
