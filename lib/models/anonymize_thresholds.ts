/**
 * From which score on a box is hidden when faces are to be made unrecognisable. A missed face does
 * more harm than a hidden lamp, so these lie far below the thresholds for finding faces.
 *
 * That of `edge` was chosen with `bench/anonymize_misses.ts` on photos that are not WIDER FACE's
 * validation set, where the miss rates in `docs/anonymize.md` come from; what that of `tiny` leaves
 * visible was measured with the same script.
 *
 * @module
 */
import type { ModelName } from "./registry.ts";

/** The score from which a box is hidden, by model. */
export const ANONYMIZE_THRESHOLDS: Readonly<Record<ModelName, number>> = {
  "edge": 0.1,
  // On the mask set's validation photos it leaves 43 % of the faces of 9 to 15 pixels visible all the
  // same, 22 % to 31, 19 % to 63, 8 % to 127 and none above, and hides 1.3 places a photo in vain.
  "tiny": 0.1,
  // Guesses: no weights ship with these two.
  "tinaface": 0.1,
  "tinaface-lite": 0.1,
};
