/**
 * Changes of colour, in place on RGB pixels, 8 bits a channel; results are rounded and kept within a
 * byte.
 *
 * @module
 */
import type { Image } from "../image/image.ts";

type Pixels = Image["data"];

/** Whole numbers 0 … 255, whichever kind of array they are put into. */
function toByte(value: number): number {
  return Math.min(255, Math.max(0, Math.round(value)));
}

function tableOf(change: (value: number) => number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, value) => toByte(change(value)));
}

function mapBytes(data: Pixels, change: (value: number) => number): void {
  const table = tableOf(change);
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

/** Changes the hue, in sixths of the circle (red 0, green 2, blue 4); saturation and value stay. */
function mapHue(data: Pixels, change: (hue: number) => number): void {
  for (let k = 0; k < data.length; k += 3) {
    const r = data[k]!, g = data[k + 1]!, b = data[k + 2]!;
    const v = Math.max(r, g, b), chroma = v - Math.min(r, g, b);
    if (chroma === 0) continue;
    const old = v === r ? (g - b) / chroma : v === g ? 2 + (b - r) / chroma : 4 + (r - g) / chroma;
    const hue = (change((old + 6) % 6) % 6 + 6) % 6;
    // In sixths, a channel is at its largest within 1 of its own hue and at its least beyond 2:
    // c = v − chroma · clamp(distance − 1, 0, 1).
    for (let c = 0; c < 3; c++) {
      const around = (hue - 2 * c + 6) % 6, distance = Math.min(around, 6 - around);
      data[k + c] = toByte(v - chroma * Math.min(1, Math.max(0, distance - 1)));
    }
  }
}

/** Turns the hue: in HSV, saturation and value kept. */
export function adjustHue(data: Pixels, degrees: number): void {
  mapHue(data, (hue) => hue + degrees / 60);
}

/**
 * Multiplies the hue: in HSV, as an angle from red (0) over green to blue and around, saturation and
 * value kept. Reds stay, blues move most.
 */
export function multiplyHue(data: Pixels, factor: number): void {
  mapHue(data, (hue) => hue * factor);
}

/**
 * `255 · (c / 255)^γ`, with a γ for each channel: above 1 it gets darker. Black and white stay.
 */
export function adjustGamma(data: Pixels, gammas: readonly [number, number, number]): void {
  for (const [c, gamma] of gammas.entries()) {
    const table = tableOf((value) => 255 * (value / 255) ** gamma);
    for (let k = c; k < data.length; k += 3) data[k] = table[data[k]!]!;
  }
}

/**
 * Multiplies the value (HSV: the largest channel) and adds to it; hue and saturation stay, as far as a
 * byte can hold them.
 */
export function adjustValue(data: Pixels, factor: number, amount: number): void {
  for (let k = 0; k < data.length; k += 3) {
    const v = Math.max(data[k]!, data[k + 1]!, data[k + 2]!);
    const value = Math.min(255, Math.max(0, factor * v + amount));
    for (let c = k; c < k + 3; c++) data[c] = toByte(v === 0 ? value : data[c]! * value / v);
  }
}

/** Puts channel `order[c]` where channel `c` was. */
export function permuteChannels(data: Pixels, order: ArrayLike<number>): void {
  for (let k = 0; k < data.length; k += 3) {
    const pixel = [data[k]!, data[k + 1]!, data[k + 2]!];
    for (let c = 0; c < 3; c++) data[k + c] = pixel[order[c]!]!;
  }
}
