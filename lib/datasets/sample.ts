/**
 * The one internal form of an annotated photo: every annotation format is read into it.
 *
 * @module
 */
import type { Boxes } from "../geometry/boxes.ts";

/** Attributes of the faces of a WIDER FACE photo, one number a face; meanings in `wider.ts`. */
export type FaceAttribute =
  | "blur"
  | "expression"
  | "illumination"
  | "invalid"
  | "occlusion"
  | "pose";

/** One photo and its true faces. */
export interface Sample {
  /** Unique in its data set, stable over machines: the image's path below the image folder. */
  readonly id: string;
  /**
   * Where the image lies, as the store reads it; a Labelme file (`.json`) when the image lies in that.
   * `readPhoto` (`photo_file.ts`) reads both.
   */
  readonly path: string;
  /** N faces, pixels of the image as `orientation` says. */
  readonly boxes: Boxes;
  /** N flags: 1 = neither a face to find nor background (an annotator gave it up). */
  readonly ignore: Uint8Array;
  /** Further labels, N numbers each, where the format has them. */
  readonly attributes: Readonly<Partial<Record<FaceAttribute, Uint8Array>>>;
  /**
   * Which pixels the boxes refer to: `"stored"` as they lie in the file (WIDER FACE was labelled that
   * way), `"upright"` after the EXIF orientation is applied (Labelme shows photos upright).
   */
  readonly orientation: "stored" | "upright";
}

/** Files of a data set that became no sample, by path. */
export interface Leftovers {
  /** Photos that no annotation speaks of. */
  readonly photos: readonly string[];
  /** Photos that an annotation speaks of and label files, where the other one is not there. */
  readonly annotations: readonly string[];
  /** Label files that cannot be read. */
  readonly broken: readonly string[];
}

/** A list of samples, and what was wrong with the rest. */
export interface Dataset {
  /** Name for messages. */
  readonly name: string;
  /** The usable samples, in the order of the annotation. */
  readonly samples: readonly Sample[];
  /** One sentence for each thing that was left out or mended. */
  readonly problems: readonly string[];
  /** What `problems` tells in sentences, file by file; absent where a reader does not know. */
  readonly leftovers?: Leftovers;
}
