/**
 * A data set as people name it on a command line: by its folder. How it is laid out says what it is.
 *
 * @module
 */
import type { DatasetSpec } from "../datasets/load.ts";
import type { ReadableStore } from "../files/store.ts";
import { CliError, EXIT } from "./exit_codes.ts";

/** Which part of a WIDER FACE folder. */
export type WiderSplit = "train" | "val";

interface Layout {
  /** Whether a folder with these entries is laid out this way. */
  readonly fits: (names: readonly string[]) => boolean;
  /** Where its parts lie. */
  readonly spec: (folder: string, split: WiderSplit) => DatasetSpec;
}

const LAYOUTS: readonly Layout[] = [
  {
    fits: (names) => names.includes("wider_face_split"),
    spec: (folder, split) => ({
      format: "wider",
      images: `${folder}/WIDER_${split}/images`,
      annotations: `${folder}/wider_face_split/wider_face_${split}_bbx_gt.txt`,
    }),
  },
  {
    fits: (names) => names.includes("images") && names.includes("labels"),
    spec: (folder) => ({
      format: "labelme",
      images: `${folder}/images`,
      labels: `${folder}/labels`,
    }),
  },
  {
    fits: (names) => names.some((name) => name.endsWith(".json")),
    spec: (folder) => ({ format: "labelme", images: folder, labels: folder }),
  },
];

/**
 * Tells what a folder holds: WIDER FACE (`WIDER_val`, `wider_face_split`), or Labelme files (`images`
 * and `labels`, or photos and JSON side by side).
 *
 * Throws a {@linkcode CliError} when it is none of these.
 */
export async function datasetAt(
  store: ReadableStore,
  folder: string,
  split: WiderSplit,
): Promise<DatasetSpec> {
  const path = folder.length > 1 ? folder.replace(/\/+$/, "") : folder;
  const names = await store.list(path);
  const layout = LAYOUTS.find(({ fits }) => fits(names));
  if (layout === undefined) {
    const reason = names.length === 0
      ? "the folder is missing or empty"
      : "it holds neither Labelme JSON files, nor folders images and labels, nor wider_face_split";
    throw new CliError(EXIT.usage, `Cannot use data set "${folder}": ${reason}`);
  }
  return layout.spec(path, split);
}
