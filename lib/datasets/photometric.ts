/**
 * Augmentation of colours, in place on RGB pixels.
 *
 * Reference: PhotoMetricDistortion as vedadet trains TinaFace (tinaface.md §9.3), less its random
 * permutation of the channels.
 *
 * @module
 */
import { channelsOf, type Image } from "../image/image.ts";
import type { Random } from "../numbers/random.ts";

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
}

/** The amounts of tinaface.md §9.3. */
export const PHOTOMETRIC_OPTIONS: PhotometricOptions = {
  chance: 0.5,
  opChance: 0.5,
  brightness: 32,
  contrast: [0.5, 1.5],
  saturation: [0.5, 1.5],
  hue: 18,
};

type Pixels = Image["data"];

/** Whole numbers 0 … 255, whichever kind of array they are put into. */
function toByte(value: number): number {
  return Math.min(255, Math.max(0, Math.round(value)));
}

function mapBytes(data: Pixels, change: (value: number) => number): void {
  const table = Uint8Array.from({ length: 256 }, (_, value) => toByte(change(value)));
  for (let k = 0; k < data.length; k++) data[k] = table[data[k]!]!;
}

/** Adds `amount` to every channel. */
export function adjustBrightness(data: Pixels, amount: number): void {
  mapBytes(data, (value) => value + amount);
}

/** Multiplies every channel by `factor`. */
export function adjustContrast(data: Pixels, factor: number): void {
  mapBytes(data, (value) => value * factor);
}

/**
 * Multiplies the saturation: in HSV, hue and value kept. A channel `c` of a pixel whose largest
 * channel is `v` becomes `v − factor · (v − c)`.
 */
export function adjustSaturation(data: Pixels, factor: number): void {
  for (let k = 0; k < data.length; k += 3) {
    const v = Math.max(data[k]!, data[k + 1]!, data[k + 2]!);
    for (let c = k; c < k + 3; c++) data[c] = toByte(v - factor * (v - data[c]!));
  }
}

/** Turns the hue: in HSV, saturation and value kept. */
export function adjustHue(data: Pixels, degrees: number): void {
  const turn = degrees / 60 + 6;
  for (let k = 0; k < data.length; k += 3) {
    const r = data[k]!, g = data[k + 1]!, b = data[k + 2]!;
    const v = Math.max(r, g, b), chroma = v - Math.min(r, g, b);
    if (chroma === 0) continue;
    // Hue in sixths of the circle: red 0, green 2, blue 4.
    const hue = v === r ? (g - b) / chroma : v === g ? 2 + (b - r) / chroma : 4 + (r - g) / chroma;
    // In sixths, a channel is at its largest within 1 of its own hue and at its least beyond 2:
    // c = v − chroma · clamp(distance − 1, 0, 1).
    for (let c = 0; c < 3; c++) {
      const around = (hue + turn - 2 * c + 6) % 6, distance = Math.min(around, 6 - around);
      data[k + c] = toByte(v - chroma * Math.min(1, Math.max(0, distance - 1)));
    }
  }
}

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
}
