/**
 * Where a detector's anchors lie on an input.
 *
 * @module
 */
import {
  anchorBoxes,
  type AnchorLayout,
  type AnchorLevel,
  anchorLevels,
} from "../../geometry/anchors.ts";
import type { Boxes } from "../../geometry/boxes.ts";
import type { Size } from "../../image/image.ts";

/** Anchors of one input size. */
export interface AnchorSet {
  /** Levels of the pyramid. */
  readonly levels: readonly AnchorLevel[];
  /** How they are laid out on each of them. */
  readonly layout: AnchorLayout;
  /** All anchors, in the order in which the heads speak: level, row, column, scale. */
  readonly boxes: Boxes;
}

/**
 * Gives the anchors of an input size; those of the last size are kept.
 *
 * @param strides Strides of the levels, in pixels.
 */
export function anchorsOf(
  strides: readonly number[],
  layout: AnchorLayout,
): (input: Size) => AnchorSet {
  let last: { key: string; set: AnchorSet } | undefined;
  return ({ width, height }) => {
    const key = `${width}x${height}`;
    if (last?.key !== key) {
      const levels = anchorLevels({ width, height }, strides);
      last = { key, set: { levels, layout, boxes: anchorBoxes(levels, layout) } };
    }
    return last.set;
  };
}
