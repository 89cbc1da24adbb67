/**
 * A folder of photos without faces.
 *
 * @module
 */
import type { ReadableStore } from "../files/store.ts";
import type { Format } from "./format.ts";
import { listDeep } from "./list_deep.ts";
import { isImageName, joinPath } from "./paths.ts";
import type { Dataset } from "./sample.ts";

/** Where photos without faces lie. */
export interface NegativesSpec {
  /** Which reader. */
  readonly format: "negatives";
  /** Folder of the photos. */
  readonly images: string;
}

/** Loads every photo of a folder as background. Throws an `Error` when there is none. */
export async function loadNegatives(
  store: ReadableStore,
  { images }: Omit<NegativesSpec, "format">,
): Promise<Dataset> {
  const photos = await listDeep(store, images, isImageName);
  if (photos.length === 0) throw new Error(`Cannot load "${images}": it has no images`);
  const samples = photos.map((photo) => ({
    id: photo,
    path: joinPath(images, photo),
    boxes: new Float32Array(0),
    ignore: new Uint8Array(0),
    attributes: {},
    orientation: "upright" as const,
  }));
  return { name: images, samples, problems: [] };
}

/** Photos without faces as one of the formats. */
export const NEGATIVES: Format<NegativesSpec> = { paths: ["images"], load: loadNegatives };
