/**
 * What `detect` needs of its surroundings.
 *
 * @module
 */
import type { ProgressOutput } from "../progress.ts";
import type { DetectorMakers } from "./photo_detector.ts";

/** What the command touches of the world. */
export interface DetectWorld extends DetectorMakers {
  /** Writes a line to standard output; done when it is written. */
  print(line: string): Promise<void>;
  /** Writes a line to standard error. */
  warn(line: string): void;
  /** Where progress is shown. */
  readonly progress: ProgressOutput;
  /** Reads the environment. */
  readonly readVariable: (name: string) => string | undefined;
  /** Aborted by Ctrl-C: what is in hand is answered, nothing more is begun. */
  readonly signal: AbortSignal;
  /** Told when this run is not going to write a file. */
  willNotWrite(): Promise<void>;
}
