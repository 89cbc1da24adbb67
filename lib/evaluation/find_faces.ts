/**
 * Runs detectors over the photos of a data set: the part of an evaluation that takes time.
 *
 * @module
 */
import { decodePhoto } from "../codec/decode_photo.ts";
import { readPhoto } from "../datasets/photo_file.ts";
import type { Sample } from "../datasets/sample.ts";
import type { Face } from "../detector/detector.ts";
import type { ReadableStore } from "../files/store.ts";
import type { Image, Size } from "../image/image.ts";

/** As much of a sample as finding faces needs. */
export type PhotoRef = Pick<Sample, "path" | "orientation">;

/** What was found in one photo. */
export interface PhotoFaces extends Size {
  /** The faces, in pixels of the photo. */
  readonly faces: readonly Face[];
  /** Time of the detection, without reading and decoding the photo. */
  readonly detectMs: number;
}

/** Finds the faces of a photo. Rejects with an {@linkcode UnreadablePhotoError} if it is no photo. */
export type FindFaces = (photo: PhotoRef) => Promise<PhotoFaces>;

/** A photo that cannot be read or decoded; any other error is the detector's. */
export class UnreadablePhotoError extends Error {
  /** The class's name. */
  override readonly name = "UnreadablePhotoError";
}

/** Reads and decodes a photo as its annotation refers to it. */
export async function openPhoto(store: ReadableStore, photo: PhotoRef): Promise<Image> {
  try {
    return await decodePhoto(await readPhoto(store, photo), { orientation: photo.orientation });
  } catch (cause) {
    const { message } = cause as Error;
    const sentence = message.includes(`"${photo.path}"`) ? message : `${photo.path}: ${message}`;
    throw new UnreadablePhotoError(sentence, { cause });
  }
}

/** Finds faces in the photos of a store. */
export function faceFinder(
  store: ReadableStore,
  detect: (image: Image) => Promise<readonly Face[]>,
): FindFaces {
  return async (photo) => {
    const image = await openPhoto(store, photo);
    const start = performance.now();
    const faces = await detect(image);
    const { width, height } = image;
    return { width, height, faces, detectMs: performance.now() - start };
  };
}

/** What {@linkcode findInAll} found. */
export interface FoundFaces {
  /** By the sample's id, in the order of the samples. */
  readonly photos: ReadonlyMap<string, PhotoFaces>;
  /** One sentence for each photo that could not be read. */
  readonly problems: readonly string[];
}

/** Called when a photo is done; its result is missing when it could not be read. */
export type OnPhoto = (sample: Sample, found: PhotoFaces | undefined) => Promise<void> | void;

/**
 * Finds the faces of all samples. The finders work side by side, each on one photo at a time; who does
 * which makes no difference to the result. Photos that cannot be read are left out and reported; any
 * other error ends the work.
 */
export async function findInAll(
  samples: readonly Sample[],
  finders: readonly FindFaces[],
  onPhoto: OnPhoto = () => {},
): Promise<FoundFaces> {
  const results: (PhotoFaces | UnreadablePhotoError)[] = [];
  const queue = samples.entries();
  let isStopped = false;
  const work = async (find: FindFaces) => {
    for (const [i, sample] of queue) {
      const result = await find(sample).catch((error: Error) => {
        if (error instanceof UnreadablePhotoError) return error;
        throw error;
      });
      if (isStopped) return;
      results[i] = result;
      await onPhoto(sample, result instanceof Error ? undefined : result);
    }
  };
  try {
    await Promise.all(finders.map(work));
  } finally {
    isStopped = true;
  }

  const photos = new Map<string, PhotoFaces>(), problems: string[] = [];
  for (const [i, result] of results.entries()) {
    if (result instanceof Error) problems.push(result.message);
    else photos.set(samples[i]!.id, result);
  }
  return { photos, problems };
}
