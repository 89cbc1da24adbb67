/**
 * Anchors: boxes laid out over an image in a regular way, from which a detector measures faces.
 *
 * Reference: vedadet `anchor_heads`/`AnchorGenerator` and `configs/trainval/tinaface/*.py` for the
 * paper's values; seed 2 for its own.
 *
 * @module
 */
import type { Size } from "../image/image.ts";
import type { Boxes } from "./boxes.ts";

/** How anchors are laid out on each level of a pyramid. */
export interface AnchorLayout {
  /** Sizes on each place, in strides (to the power of `exponent`). */
  readonly scales: readonly number[];
  /**
   * Sizes are `scale · stride ** exponent`. Default 1: they grow as strides do, twofold. At 2 they grow
   * fourfold, as for SCRFD, whose two anchors a place are an octave apart (16, 32 | 64, 128 | 256, 512).
   */
  readonly exponent?: number;
  /** Height ÷ width. */
  readonly ratio: number;
  /** What a size is: the root of the area (the paper), or the width (seed 2). */
  readonly sizeIs: "root-of-area" | "width";
  /** Where in its cell an anchor is centred, in cells: 0 = the upper left corner, 0.5 = the middle. */
  readonly centre: number;
}

/** One level of a pyramid: its stride in pixels, and how many cells it has. */
export interface AnchorLevel {
  /** Pixels from cell to cell. */
  readonly stride: number;
  /** Cells across and down. */
  readonly grid: Size;
}

/** The levels of a pyramid over an input: ⌈side / stride⌉ cells, as strided convolutions give. */
export function anchorLevels(input: Size, strides: readonly number[]): AnchorLevel[] {
  return strides.map((stride) => ({
    stride,
    grid: { width: Math.ceil(input.width / stride), height: Math.ceil(input.height / stride) },
  }));
}

/** Width and height of each anchor of a level, in pixels. */
export function anchorSizes(
  stride: number,
  { scales, exponent = 1, ratio, sizeIs }: AnchorLayout,
): { width: number; height: number }[] {
  return scales.map((scale) => {
    const size = scale * stride ** exponent;
    return sizeIs === "width"
      ? { width: size, height: size * ratio }
      : { width: size / Math.sqrt(ratio), height: size * Math.sqrt(ratio) };
  });
}

/** All anchors, in pixels of the input: level by level, row by row, cell by cell, scale by scale. */
export function anchorBoxes(levels: readonly AnchorLevel[], layout: AnchorLayout): Boxes {
  const perCell = layout.scales.length;
  const count = levels.reduce((sum, { grid }) => sum + grid.width * grid.height * perCell, 0);
  const boxes = new Float32Array(4 * count);
  let o = 0;
  for (const { stride, grid } of levels) {
    const sizes = anchorSizes(stride, layout);
    for (let row = 0; row < grid.height; row++) {
      const y = (row + layout.centre) * stride;
      for (let column = 0; column < grid.width; column++) {
        const x = (column + layout.centre) * stride;
        for (const { width, height } of sizes) {
          boxes[o++] = x - width / 2;
          boxes[o++] = y - height / 2;
          boxes[o++] = x + width / 2;
          boxes[o++] = y + height / 2;
        }
      }
    }
  }
  return boxes;
}
