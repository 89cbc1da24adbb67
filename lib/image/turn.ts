/**
 * Pictures stored lying down or mirrored, turned upright.
 *
 * @module
 */
import { channelsOf, type Image } from "./image.ts";

/** How a picture is stored, in EXIF's numbers: which edges its first row and column are. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

/**
 * Where a step to the right and a step down in the upright picture lead in the stored one, and
 * whether either begins at the far end.
 *
 * Reference: CIPA DC-008 (EXIF 2.32), tag 0x0112.
 */
const STORED: Readonly<Record<Orientation, { swap: boolean; left: boolean; up: boolean }>> = {
  1: { swap: false, left: false, up: false },
  2: { swap: false, left: true, up: false },
  3: { swap: false, left: true, up: true },
  4: { swap: false, left: false, up: true },
  5: { swap: true, left: false, up: false },
  6: { swap: true, left: false, up: true },
  7: { swap: true, left: true, up: true },
  8: { swap: true, left: true, up: false },
};

/** The picture upright, as a copy; the picture itself when it is. */
export function turnUpright(image: Image, orientation: Orientation): Image {
  if (orientation === 1) return image;
  const { width: stored, height: rows, data } = image, channels = channelsOf(image);
  const { swap, left, up } = STORED[orientation];
  const [width, height] = swap ? [rows, stored] : [stored, rows];
  const turned = new Uint8Array(data.length);
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [across, down] = swap ? [y, x] : [x, y];
      const column = left ? stored - 1 - across : across, row = up ? rows - 1 - down : down;
      const from = channels * (row * stored + column);
      for (let c = 0; c < channels; c++) turned[to++] = data[from + c]!;
    }
  }
  return { width, height, data: turned };
}
