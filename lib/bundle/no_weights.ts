/**
 * Stands in for the weights in `lib/weights/embedded/` that a bundle does not carry.
 *
 * @module
 */

/** No bytes. */
export const BASE64 = "";
