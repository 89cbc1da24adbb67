/**
 * What annotation files say of one photo, whatever their format.
 *
 * @module
 */
import type { Boxes } from "../geometry/boxes.ts";

/** The faces of one photo as a file states them. */
export interface Annotation {
  /** Name of the photo without folders, where the file states it. */
  readonly image?: string;
  /** N boxes. */
  readonly boxes: Boxes;
  /** N flags: 1 = neither a face to find nor background. */
  readonly ignore: Uint8Array;
  /** N class names, as they were given. */
  readonly labels: readonly string[];
  /** Boxes that were cut to the photo, or left out because they have no area. */
  readonly mended: number;
  /** Whether the photo itself lies in the file. */
  readonly hasPhoto?: boolean;
}

/** One face as a format's reader gives it. */
export interface Face {
  /** Corners, x1 ≤ x2 and y1 ≤ y2. */
  readonly box: readonly [x1: number, y1: number, x2: number, y2: number];
  /** Its class. */
  readonly label: string;
  /** Whether it is to be ignored. */
  readonly ignore: boolean;
}

/** Faces put together; those without an area are left out and counted as mended. */
export function toAnnotation(faces: readonly Face[]): Annotation {
  const kept = faces.filter(({ box: [x1, y1, x2, y2] }) => x2 > x1 && y2 > y1);
  return {
    boxes: Float32Array.from(kept.flatMap(({ box }) => box)),
    ignore: Uint8Array.from(kept, ({ ignore }) => ignore ? 1 : 0),
    labels: kept.map(({ label }) => label),
    mended: faces.length - kept.length,
  };
}

/** A sentence for what was mended; none when nothing was. */
export function describeMended(annotations: Iterable<Annotation>, name: string): string[] {
  let count = 0;
  for (const { mended } of annotations) count += mended;
  return count === 0
    ? []
    : [`${count} boxes of "${name}" reach beyond their image and are cut, or have no area`];
}
