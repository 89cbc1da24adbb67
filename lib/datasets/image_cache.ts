/**
 * Decoded photos: shrunk once, kept as raw pixels in files and in memory, so that an epoch is not
 * spent on decoding JPEG.
 *
 * A file holds six little-endian 32-bit numbers (magic, version, width, height, and width and height
 * of the photo before it was shrunk) and the RGB rows. It is named by the SHA-256 of the photo's bytes,
 * so a photo that changes gets a new one and a copy shares it.
 *
 * @module
 */
import { decodePhoto } from "../codec/decode_photo.ts";
import type { Store } from "../files/store.ts";
import { boxesToView, wholeView } from "../geometry/view.ts";
import type { Boxes } from "../geometry/boxes.ts";
import type { Image, Size } from "../image/image.ts";
import { downscale } from "../image/resample.ts";
import { Lru } from "./lru.ts";
import { joinPath } from "./paths.ts";
import { readPhoto } from "./photo_file.ts";
import type { Sample } from "./sample.ts";

/** A photo that may have been shrunk. */
export interface CachedImage {
  /** Its pixels, RGB. Shared with the cache: not to be written to. */
  readonly image: Image;
  /** Size of the photo itself, to which its boxes refer. */
  readonly original: Size;
}

/** Where photos are decoded, and kept. */
export interface ImageCache {
  /**
   * The pixels of a sample.
   *
   * Throws what the store throws for a file that is not there, and an `ImageDecodeError` for one that
   * is not a photo.
   */
  get(sample: Pick<Sample, "path" | "orientation">): Promise<CachedImage>;
}

/** How {@linkcode createImageCache} keeps photos. */
export interface ImageCacheOptions {
  /** Where photos are read and cache files are kept. */
  readonly store: Store;
  /** Folder of the cache files; `null` keeps none. */
  readonly folder: string | null;
  /** Photos are shrunk to this long side, in pixels; smaller ones stay as they are. */
  readonly maxSide: number;
  /** Pixels kept in memory, at most. Default 256 MiB. */
  readonly memoryBytes?: number;
  /** Is told once when cache files cannot be written (a full disk); the cache goes on without. */
  readonly onProblem?: (problem: string) => void;
  /** Decoder. Default {@linkcode decodePhoto}. */
  readonly decode?: typeof decodePhoto;
}

const MAGIC = 0x31494654; // "TFI1"
/** Goes up when the format changes, and when a photo's pixels do: another decoder, other shrinking. */
const VERSION = 2;
const HEADER_BYTES = 24;

/** Boxes in pixels of the photo → boxes in pixels of its cached image, as a new array. */
export function boxesOnCached(boxes: Boxes, cached: CachedImage): Boxes {
  return boxesToView(boxes, wholeView(cached.original, cached.image));
}

/** A photo as the cache keeps it: RGB, its long side at most `maxSide`. */
function shrink(photo: Image, maxSide: number): CachedImage {
  const { width, height } = photo;
  return { image: downscale(photo, maxSide), original: { width, height } };
}

function toFile({ image, original }: CachedImage): Uint8Array {
  const file = new Uint8Array(HEADER_BYTES + image.data.length);
  const header = new DataView(file.buffer);
  [MAGIC, VERSION, image.width, image.height, original.width, original.height]
    .forEach((value, k) => header.setUint32(4 * k, value, true));
  file.set(image.data, HEADER_BYTES);
  return file;
}

/** What a cache file holds; `null` when it is broken. */
function fromFile(file: Uint8Array): CachedImage | null {
  if (file.length < HEADER_BYTES) return null;
  const header = new DataView(file.buffer, file.byteOffset);
  const [magic, version, width, height, originalWidth, originalHeight] = Array.from(
    { length: 6 },
    (_, k) => header.getUint32(4 * k, true),
  ) as [number, number, number, number, number, number];
  const isWhole = magic === MAGIC && version === VERSION && width > 0 && height > 0 &&
    originalWidth >= width && originalHeight >= height &&
    file.length === HEADER_BYTES + 3 * width * height;
  return isWhole
    ? {
      image: { width, height, data: file.subarray(HEADER_BYTES) },
      original: { width: originalWidth, height: originalHeight },
    }
    : null;
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** Creates a cache. A broken cache file is made anew. */
export function createImageCache(options: ImageCacheOptions): ImageCache {
  const { store, folder, maxSide, memoryBytes = 256 * 2 ** 20, decode = decodePhoto } = options;
  if (!Number.isInteger(maxSide) || maxSide < 1) {
    throw new RangeError(`Cannot create an image cache: maxSide is "${maxSide}"`);
  }
  const memory = new Lru<CachedImage>(memoryBytes);
  let isWritable = true;

  async function readFile(path: string): Promise<CachedImage | null> {
    return await store.has(path) ? fromFile(await store.read(path)) : null;
  }

  async function writeFile(path: string, cached: CachedImage): Promise<void> {
    if (!isWritable) return;
    try {
      await store.write(path, toFile(cached));
    } catch (error) {
      isWritable = false;
      options.onProblem?.(`Cannot keep decoded images in "${folder}": ${(error as Error).message}`);
    }
  }

  async function load({ path, orientation }: Pick<Sample, "path" | "orientation">) {
    const bytes = await readPhoto(store, { path });
    const decoded = async () => shrink(await decode(bytes, { orientation }), maxSide);
    if (folder === null) return decoded();
    const file = joinPath(folder, `${await sha256(bytes)}-${maxSide}-${orientation}.rgb`);
    const kept = await readFile(file);
    if (kept !== null) return kept;
    const fresh = await decoded();
    await writeFile(file, fresh);
    return fresh;
  }

  return {
    async get(sample) {
      const key = `${sample.orientation} ${sample.path}`;
      const known = memory.get(key);
      if (known !== undefined) return known;
      const cached = await load(sample);
      memory.set(key, cached, cached.image.data.length);
      return cached;
    },
  };
}
