/**
 * What the numbers of the tiny detector's grid mean. A cell speaks for the face whose **centre** lies
 * in it (the seed trained on corners and drew centres); its channels are
 *
 * | channel | meaning | range |
 * |---|---|---|
 * | 0 | height of the face ÷ height of the input | 0 … 1 |
 * | 1 | width of the face ÷ width of the input | 0 … 1 |
 * | 2 | y of the centre below the cell's top edge, in cells | 0 … 1 |
 * | 3 | x of the centre right of the cell's left edge, in cells | 0 … 1 |
 * | 4 | score | 0 … 1 |
 *
 * @module
 */
import type { Boxes } from "../../geometry/boxes.ts";
import { boxArea } from "../../geometry/boxes.ts";
import type { Size } from "../../image/image.ts";
import type { NdArray } from "../../numbers/nd_array.ts";
import type { Detections, Truth } from "../detector_model.ts";

/** Numbers a cell in the network's output. */
export const CELL_CHANNELS = 5;

/** Numbers a cell in the target: those of the output and a weight, 0 where the cell is ignored. */
export const TARGET_CHANNELS = 6;

/**
 * The grid that a perfect network would give, `[gridSize, gridSize, 6]`; the sixth channel is the
 * cell's weight in the loss.
 *
 * Of several faces in one cell the largest is kept. A centre outside the input belongs to the
 * nearest cell. A cell that holds only ignored faces gets weight 0.
 */
export function encodeGrid({ boxes, ignore }: Truth, frame: Size, gridSize: number): NdArray {
  const data = new Float32Array(gridSize * gridSize * TARGET_CHANNELS);
  for (let cell = 0; cell < gridSize ** 2; cell++) data[cell * TARGET_CHANNELS + 5] = 1;

  const bySize = Array.from({ length: ignore.length }, (_, i) => i)
    .sort((i, j) => ignore[j]! - ignore[i]! || boxArea(boxes, i) - boxArea(boxes, j));
  for (const i of bySize) {
    const [x1, y1, x2, y2] = boxes.subarray(4 * i, 4 * i + 4) as unknown as FourNumbers;
    const x = inGrid((x1 + x2) / 2 / frame.width, gridSize);
    const y = inGrid((y1 + y2) / 2 / frame.height, gridSize);
    const offset = (Math.floor(y) * gridSize + Math.floor(x)) * TARGET_CHANNELS;
    if (ignore[i]) {
      data[offset + 5] = 0;
      continue;
    }
    const height = (y2 - y1) / frame.height, width = (x2 - x1) / frame.width;
    data.set([height, width, y - Math.floor(y), x - Math.floor(x), 1, 1], offset);
  }
  return { shape: [gridSize, gridSize, TARGET_CHANNELS], data };
}

type FourNumbers = [number, number, number, number];

/** A fraction of the input as a position in cells, kept inside the grid. */
function inGrid(fraction: number, gridSize: number): number {
  return Math.min(Math.max(fraction, 0) * gridSize, gridSize - 1e-4);
}

/** Every cell's box and score, cells in rows from the top; the inverse of {@linkcode encodeGrid}. */
export function decodeGrid(grid: NdArray, frame: Size): Detections {
  const [rows = 0, columns = 0, channels = 0] = grid.shape;
  const boxes: Boxes = new Float32Array(4 * rows * columns);
  const scores = new Float32Array(rows * columns);
  for (let cell = 0; cell < rows * columns; cell++) {
    const [height, width, yOffset, xOffset, score] = grid.data.subarray(
      cell * channels,
      cell * channels + CELL_CHANNELS,
    ) as unknown as [...FourNumbers, number];
    const x = (cell % columns + xOffset) / columns * frame.width;
    const y = (Math.floor(cell / columns) + yOffset) / rows * frame.height;
    const halfWidth = width * frame.width / 2, halfHeight = height * frame.height / 2;
    boxes.set([x - halfWidth, y - halfHeight, x + halfWidth, y + halfHeight], 4 * cell);
    scores[cell] = score;
  }
  return { boxes, scores };
}
