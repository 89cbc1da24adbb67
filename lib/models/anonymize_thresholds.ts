/**
 * From which score on a box is hidden when faces are to be made unrecognisable. A missed face does
 * more harm than a hidden lamp, so these lie far below the thresholds for finding faces.
 *
 * Those of `edge` and `tiny` were chosen with `bench/anonymize_misses.ts` on photos that are not WIDER
 * FACE's validation set, where the miss rates in `docs/anonymize.md` come from.
 *
 * @module
 */
import type { ModelName } from "./registry.ts";

/** The score from which a box is hidden, by model. */
export const ANONYMIZE_THRESHOLDS: Readonly<Record<ModelName, number>> = {
  "edge": 0.2,
  // Of the mask set's validation photos it leaves a third of the faces below 64 pixels visible all the
  // same, and hides 1.3 places a photo that are no face.
  "tiny": 0.1,
  // Guesses: no weights ship with these two.
  "tinaface": 0.1,
  "tinaface-lite": 0.1,
};
