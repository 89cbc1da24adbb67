// What imagescript 1.3.1's `png.mjs` exports, as far as encoding goes.

/** Encodes 8-bit pixels of 1 … 4 channels. Level: 0 (stored) … 9 (smallest). */
export function encode(
  pixels: Uint8Array,
  options: { width: number; height: number; channels: number; level?: number },
): Uint8Array<ArrayBuffer>;
