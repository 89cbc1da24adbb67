/**
 * What the `data` commands touch of the world, besides files.
 *
 * @module
 */
import type { Archive } from "../../datasets/wider_archives.ts";

/** Where output goes, and what tests replace. */
export interface DataWorld {
  /** Writes a line to standard output. */
  print(line: string): void;
  /** Writes a line to standard error. */
  warn(line: string): void;
  /** The archives of WIDER FACE. Default: `WIDER_ARCHIVES`. */
  readonly archives?: readonly Archive[];
}
