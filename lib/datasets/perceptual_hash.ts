/**
 * A hash that stays nearly the same when a photo is re-encoded, resized or slightly edited.
 *
 * Reference: the "difference hash" (dHash) of David Oftedal and Neal Krawetz, hackerfactor.com 2013:
 * the photo as 9×8 grey pixels, a bit for each pair of neighbours.
 *
 * @module
 */
import { wholeView } from "../geometry/view.ts";
import type { Image } from "../image/image.ts";
import { resample } from "../image/resample.ts";

const SIZE = { width: 9, height: 8 };

/** Grey as ITU-R BT.601 weighs it. */
function greyAt(data: Image["data"], pixel: number): number {
  const k = 3 * pixel;
  return 0.299 * data[k]! + 0.587 * data[k + 1]! + 0.114 * data[k + 2]!;
}

/**
 * The 64-bit dHash of a picture: bit 63 for the first pair of the first row, set where the right one is
 * brighter.
 */
export function dHash(image: Image): bigint {
  const { data } = resample(image, wholeView(image, SIZE), [0, 0, 0]);
  let hash = 0n;
  for (let y = 0; y < SIZE.height; y++) {
    for (let x = 0; x + 1 < SIZE.width; x++) {
      const pixel = y * SIZE.width + x;
      hash = hash << 1n | (greyAt(data, pixel + 1) > greyAt(data, pixel) ? 1n : 0n);
    }
  }
  return hash;
}

/** The two halves of a hash: bit operations are fast on 32 bits only. */
function halvesOf(hash: bigint): readonly [number, number] {
  return [Number(hash >> 32n) | 0, Number(hash & 0xffffffffn) | 0];
}

function countBits(word: number): number {
  let n = word - (word >>> 1 & 0x55555555);
  n = (n & 0x33333333) + (n >>> 2 & 0x33333333);
  return Math.imul(n + (n >>> 4) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Two hashes that are close. */
export interface NearPair {
  /** Index of the first. */
  readonly i: number;
  /** Index of the second, > i. */
  readonly j: number;
  /** Bits that differ. */
  readonly distance: number;
}

/** All pairs of hashes that differ in at most `most` bits. */
export function nearPairs(hashes: readonly bigint[], most: number): NearPair[] {
  const high = new Int32Array(hashes.length), low = new Int32Array(hashes.length);
  for (const [i, hash] of hashes.entries()) [high[i], low[i]] = halvesOf(hash);
  const pairs: NearPair[] = [];
  for (let i = 0; i < hashes.length; i++) {
    for (let j = i + 1; j < hashes.length; j++) {
      const distance = countBits(high[i]! ^ high[j]!) + countBits(low[i]! ^ low[j]!);
      if (distance <= most) pairs.push({ i, j, distance });
    }
  }
  return pairs;
}
