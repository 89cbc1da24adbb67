/**
 * For annotations of a whole data set in one file (WIDER FACE, COCO): which of its photos are there.
 *
 * @module
 */
import type { ReadableStore } from "../files/store.ts";
import { listDeep } from "./list_deep.ts";
import { isImageName, joinPath } from "./paths.ts";
import type { Dataset } from "./sample.ts";

/** What {@linkcode matchPhotos} found. */
export interface MatchedPhotos<Entry> extends Required<Pick<Dataset, "problems" | "leftovers">> {
  /** The entries whose photo is there. */
  readonly usable: readonly Entry[];
  /** One sentence for each kind of leftover. */
  readonly problems: string[];
}

/**
 * Compares the photos that an annotation names with those of a folder and the folders below it.
 *
 * Throws an `Error` when none of them is there.
 *
 * @param images Folder of the photos.
 * @param annotations What messages call the annotation.
 * @param entries What it says; `path` is below `images`.
 */
export async function matchPhotos<Entry extends { readonly path: string }>(
  store: ReadableStore,
  images: string,
  annotations: string,
  entries: readonly Entry[],
): Promise<MatchedPhotos<Entry>> {
  const there = new Set(await listDeep(store, images, isImageName));
  const usable = entries.filter(({ path }) => there.has(path));
  const missing = entries.filter(({ path }) => !there.has(path));
  if (usable.length === 0) {
    throw new Error(
      `Cannot load "${annotations}": none of its ${entries.length} images is in "${images}"`,
    );
  }
  const named = new Set(entries.map(({ path }) => path));
  const extra = [...there].filter((path) => !named.has(path));
  const problems: string[] = [];
  if (missing.length > 0) {
    problems.push(
      `${missing.length} of ${entries.length} images of "${annotations}" are not in "${images}"`,
    );
  }
  if (extra.length > 0) {
    problems.push(`${extra.length} images of "${images}" are not in "${annotations}"`);
  }
  return {
    usable,
    problems,
    leftovers: {
      photos: extra.map((path) => joinPath(images, path)),
      annotations: missing.map(({ path }) => joinPath(images, path)),
      broken: [],
    },
  };
}
