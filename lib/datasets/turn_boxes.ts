/**
 * Boxes between the pixels of a file and the photo as people see it.
 *
 * @module
 */
import type { Boxes } from "../geometry/boxes.ts";
import type { PhotoHeader } from "./photo_file.ts";
import type { Sample } from "./sample.ts";

type Map = (x: number, y: number, width: number, height: number) => [number, number];

/**
 * Where a point of a picture of this size goes when it is turned, by EXIF's orientation (tag 0x0112:
 * 1 as it is, 2 mirrored, 3 half a turn, 4 upside down, 5 along the diagonal, 6 a quarter to the right,
 * 7 along the other diagonal, 8 a quarter to the left).
 */
const TURNS: Readonly<Record<number, Map>> = {
  1: (x, y) => [x, y],
  2: (x, y, width) => [width - x, y],
  3: (x, y, width, height) => [width - x, height - y],
  4: (x, y, _, height) => [x, height - y],
  5: (x, y) => [y, x],
  6: (x, y, _, height) => [height - y, x],
  7: (x, y, width, height) => [height - y, width - x],
  8: (x, y, width) => [y, width - x],
};

/** What undoes a turn; the others undo themselves. */
const UNDONE: Readonly<Record<number, number>> = { 6: 8, 8: 6 };

/** Boxes in pixels of the photo one way up → boxes in its pixels the other, as a new array. */
export function turnBoxes(
  boxes: Boxes,
  header: PhotoHeader,
  from: Sample["orientation"],
  to: Sample["orientation"],
): Boxes {
  if (from === to) return boxes.slice();
  const { orientation } = header, { width, height } = header[from];
  const turn = TURNS[to === "upright" ? orientation : UNDONE[orientation] ?? orientation]!;
  const result = new Float32Array(boxes.length);
  for (let o = 0; o < boxes.length; o += 4) {
    const [ax, ay] = turn(boxes[o]!, boxes[o + 1]!, width, height);
    const [bx, by] = turn(boxes[o + 2]!, boxes[o + 3]!, width, height);
    result.set([Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by)], o);
  }
  return result;
}
