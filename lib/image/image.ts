/**
 * A decoded picture in memory.
 *
 * @module
 */

/** Width and height, in pixels. */
export interface Size {
  /** Pixels from left to right. */
  readonly width: number;
  /** Pixels from top to bottom. */
  readonly height: number;
}

/**
 * Pixels in rows from the top, each row from the left, 8 bits a channel: RGB (three bytes a pixel)
 * or RGBA (four). Which of the two follows from `data.length`; see {@linkcode channelsOf}.
 */
export interface Image extends Size {
  /** `height × width × channels` bytes. */
  readonly data: Uint8Array | Uint8ClampedArray;
}

/**
 * Channels of an image: 3 (RGB) or 4 (RGBA).
 *
 * Throws a `TypeError` when the sides are not positive integers or the data fit neither layout.
 */
export function channelsOf(image: Image): 3 | 4 {
  const { width, height, data } = image;
  const pixels = width * height;
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw new TypeError(`Cannot read the image: its size is "${width}x${height}"`);
  }
  if (data.length !== 3 * pixels && data.length !== 4 * pixels) {
    throw new TypeError(
      `Cannot read the image: data.length is "${data.length}", a ${width}x${height} image has ` +
        `"${3 * pixels}" bytes as RGB or "${4 * pixels}" as RGBA`,
    );
  }
  return data.length === 3 * pixels ? 3 : 4;
}
