/**
 * From which score on a box is hidden when faces are to be made unrecognisable. A missed face does
 * more harm than a hidden lamp, so these lie far below the thresholds for finding faces.
 *
 * That of `edge` was chosen with `bench/anonymize_misses.ts` on photos that are not WIDER FACE's
 * validation set, where the miss rates in `docs/anonymize.md` come from.
 *
 * @module
 */
import type { ModelName } from "./registry.ts";

/** The score from which a box is hidden, by model. */
export const ANONYMIZE_THRESHOLDS: Readonly<Record<ModelName, number>> = {
  "edge": 0.2,
  // Guesses, to be measured with the weights that are used; none ship with the last two.
  "tiny": 0.1,
  "tinaface": 0.1,
  "tinaface-lite": 0.1,
};
