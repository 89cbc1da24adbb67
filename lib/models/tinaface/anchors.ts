/**
 * Where TinaFace's anchors lie on an input.
 *
 * @module
 */
import { anchorBoxes, type AnchorLevel, anchorLevels } from "../../geometry/anchors.ts";
import type { Boxes } from "../../geometry/boxes.ts";
import type { Size } from "../../image/image.ts";
import { stridesOf, type TinafaceConfig } from "./config.ts";

/** Anchors of one input size. */
export interface AnchorSet {
  /** Levels of the pyramid. */
  readonly levels: readonly AnchorLevel[];
  /** All anchors, in the order in which the heads speak: level, row, column, scale. */
  readonly boxes: Boxes;
}

/** Gives the anchors of an input size; those of the last size are kept. */
export function anchorsOf(config: TinafaceConfig): (input: Size) => AnchorSet {
  let last: { key: string; set: AnchorSet } | undefined;
  return ({ width, height }) => {
    const key = `${width}x${height}`;
    if (last?.key !== key) {
      const levels = anchorLevels({ width, height }, stridesOf(config));
      last = { key, set: { levels, boxes: anchorBoxes(levels, config.anchors) } };
    }
    return last.set;
  };
}
