/**
 * What an annotation format is to the rest of the program.
 *
 * @module
 */
import type { ReadableStore } from "../files/store.ts";
import type { Size } from "../image/image.ts";
import type { Dataset, Sample } from "./sample.ts";

/** A photo that is ready to be written down in any format. */
export interface AnnotatedPhoto extends Pick<Sample, "id" | "boxes" | "ignore" | "attributes"> {
  /** Size of the photo, turned as the writer's `orientation` says. */
  readonly size: Size;
}

/** How a format is written. */
export interface Writer {
  /** Which pixels its boxes refer to. */
  readonly orientation: Sample["orientation"];
  /** The folder of the photos, below that of the data set. */
  readonly photos: string;
  /** Whether it can say of a face that it is to be ignored; where not, such faces are left out. */
  readonly hasIgnore: boolean;
  /** The annotation files: path below the folder of the data set, and text. */
  files(photos: readonly AnnotatedPhoto[]): Iterable<readonly [path: string, text: string]>;
  /** A file that lists the parts of a data set, each in the folder of its name. */
  index?(parts: readonly string[]): readonly [path: string, text: string];
  /** How a config file describes what was written to a folder. */
  spec(folder: string): { readonly format: string };
}

/** An annotation format. */
export interface Format<Spec = never> {
  /** The paths that its spec must have. */
  readonly paths: readonly string[];
  /** Reads a data set; `spec` has those paths. */
  load(store: ReadableStore, spec: Spec): Promise<Dataset>;
  /** Absent where there is nothing to write. */
  readonly write?: Writer;
}
