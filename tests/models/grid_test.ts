// The tiny detector's grid: what a cell means, there and back.
import assert from "node:assert/strict";
import fc from "fast-check";
import { boxArea } from "../../lib/geometry/boxes.ts";
import {
  CELL_CHANNELS,
  decodeGrid,
  encodeGrid,
  TARGET_CHANNELS,
} from "../../lib/models/tiny/grid.ts";
import type { NdArray } from "../../lib/numbers/nd_array.ts";
import { assertAllClose } from "../_support/close.ts";

const FRAME = { width: 70, height: 140 };
const GRID = 7; // cells of 10 × 20 pixels

function encode(boxes: readonly number[], ignore: readonly number[] = []) {
  const truth = {
    boxes: Float32Array.from(boxes),
    ignore: Uint8Array.from({ length: boxes.length / 4 }, (_, i) => ignore[i] ?? 0),
  };
  return encodeGrid(truth, FRAME, GRID);
}

const cellOf = (
  { data }: NdArray,
  row: number,
  column: number,
) => [...data.subarray((row * GRID + column) * TARGET_CHANNELS).subarray(0, TARGET_CHANNELS)];

/** Sums a channel over all cells. */
function total({ data }: NdArray, channel: number): number {
  return data.reduce((sum, value, i) => i % TARGET_CHANNELS === channel ? sum + value : sum, 0);
}

/** The grid that a network would have to give, from a target. */
function asOutput({ data }: NdArray): NdArray {
  const numbers = data.filter((_, i) => i % TARGET_CHANNELS < CELL_CHANNELS);
  return { shape: [GRID, GRID, CELL_CHANNELS], data: numbers };
}

Deno.test("encodeGrid() writes a face into the cell of its centre", () => {
  // Centre (33, 65): column 3, 0.3 in; row 3, 5/20 in. 14 wide of 70, 50 high of 140.
  const grid = encode([26, 40, 40, 90]);
  assert.deepEqual(grid.shape, [7, 7, 6]);
  assertAllClose(cellOf(grid, 3, 3), [50 / 140, 14 / 70, 0.25, 0.3, 1, 1]);
  assert.equal(total(grid, 4), 1, "no other cell has a face");
  assert.equal(total(grid, 5), 49, "every cell counts");
});

Deno.test("encodeGrid() of no face counts every cell as background", () => {
  const grid = encode([]);
  assert.deepEqual([total(grid, 4), total(grid, 5)], [0, 49]);
});

Deno.test("encodeGrid() leaves the cell of an ignored face out", () => {
  const grid = encode([26, 40, 40, 90], [1]);
  assert.deepEqual(cellOf(grid, 3, 3), [0, 0, 0, 0, 0, 0]);
  assert.equal(total(grid, 5), 48);
});

Deno.test("encodeGrid() keeps the largest of several faces in a cell, whatever their order", () => {
  const small = [30, 60, 36, 70], large = [26, 40, 40, 90];
  for (const boxes of [[...small, ...large], [...large, ...small]]) {
    const grid = encode(boxes);
    assertAllClose(cellOf(grid, 3, 3).slice(0, 2), [50 / 140, 14 / 70]);
    assert.equal(total(grid, 4), 1);
  }
});

Deno.test("encodeGrid() prefers a true face to a larger ignored one in its cell", () => {
  const ignored = [20, 30, 46, 100], face = [26, 40, 40, 90];
  for (
    const [boxes, ignore] of [[[...ignored, ...face], [1, 0]], [[...face, ...ignored], [0, 1]]]
  ) {
    assertAllClose(cellOf(encode(boxes!, ignore!), 3, 3), [50 / 140, 14 / 70, 0.25, 0.3, 1, 1]);
  }
});

Deno.test("encodeGrid() clamps a centre on or beyond the border to the nearest cell", () => {
  // Seed 1 wrote a corner on the right or bottom edge into a cell 7 that does not exist.
  const corners = [[60, 120, 80, 160, 6, 6], [-30, -50, 10, 10, 0, 0], [65, -9, 99, 5, 0, 6]];
  for (const [x1, y1, x2, y2, row, column] of corners as [number, number, ...number[]][]) {
    const grid = encode([x1, y1, x2!, y2!]);
    const [, , y, x, score] = cellOf(grid, row!, column!);
    assert.equal(score, 1);
    assert.ok(y! >= 0 && y! < 1 && x! >= 0 && x! < 1);
  }
});

Deno.test("decodeGrid() reads a cell's box by hand", () => {
  const data = new Float32Array(2 * 3 * 5);
  data.set([0.5, 0.25, 0.5, 0, 0.75], (1 * 3 + 2) * 5); // row 1, column 2 of a 2 × 3 grid
  const { boxes, scores } = decodeGrid({ shape: [2, 3, 5], data }, { width: 60, height: 40 });
  // Centre x = 2/3 · 60 = 40, y = 1.5/2 · 40 = 30; width 15, height 20.
  assertAllClose(boxes.subarray(4 * 5), [32.5, 20, 47.5, 40]);
  assert.deepEqual([...scores], [0, 0, 0, 0, 0, 0.75]);
});

Deno.test("decodeGrid() undoes encodeGrid() for one face a cell", () => {
  const centre = fc.integer({ min: 0, max: 999 }).map((n) => (n + 0.5) / 1000);
  const side = fc.integer({ min: 1, max: 1000 }).map((n) => n / 1000);
  const face = fc.tuple(centre, centre, side, side);
  fc.assert(fc.property(fc.array(face, { maxLength: 6 }), (faces) => {
    const cells = new Map(faces.map((face) => [
      `${Math.floor(face[0] * GRID)},${Math.floor(face[1] * GRID)}`,
      face,
    ]));
    const boxes = [...cells.values()].flatMap(([x, y, w, h]) => [
      (x - w / 2) * FRAME.width,
      (y - h / 2) * FRAME.height,
      (x + w / 2) * FRAME.width,
      (y + h / 2) * FRAME.height,
    ]);
    const found = decodeGrid(asOutput(encode(boxes)), FRAME);
    const faceCells = [...found.scores.keys()].filter((i) => found.scores[i] === 1);
    assert.equal(faceCells.length, cells.size);
    const sorted = (flat: ArrayLike<number>) =>
      Array.from({ length: flat.length / 4 }, (_, i) => Array.from(flat).slice(4 * i, 4 * i + 4))
        .sort((a, b) => a[0]! - b[0]! || a[1]! - b[1]!).flat();
    const decoded = faceCells.flatMap((i) => [...found.boxes.subarray(4 * i, 4 * i + 4)]);
    assertAllClose(sorted(decoded), sorted(Float32Array.from(boxes)), { atol: 2e-4, rtol: 0 });
    faceCells.forEach((i) => assert.ok(boxArea(found.boxes, i) > 0));
  }));
});
