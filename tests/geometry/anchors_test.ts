import assert from "node:assert/strict";
import { anchorBoxes, anchorLevels, anchorSizes } from "../../lib/geometry/anchors.ts";
import { boxCount } from "../../lib/geometry/boxes.ts";
import { stridesOf, TINAFACE, TINAFACE_LITE } from "../../lib/models/tinaface/config.ts";
import { assertAllClose } from "../_support/close.ts";

const INPUT = { width: 640, height: 640 };

Deno.test("anchorBoxes() lays out the paper's 102,375 anchors at 640x640", () => {
  const levels = anchorLevels(INPUT, stridesOf(TINAFACE));
  const perLevel = levels.map(({ grid }) => grid.width * grid.height * 3);
  // vedadet's generator, counted
  assert.deepEqual(perLevel, [76800, 19200, 4800, 1200, 300, 75]);
  assert.equal(boxCount(anchorBoxes(levels, TINAFACE.anchors)), 102_375);
});

Deno.test("anchorSizes() gives the sizes of the paper's levels P2 and P7", () => {
  const sides = (stride: number) =>
    anchorSizes(stride, TINAFACE.anchors).flatMap(({ width, height }) => [width, height]);
  assertAllClose(sides(4), [8.84, 11.49, 11.14, 14.48, 14.03, 18.24], { atol: 0.005 });
  assertAllClose(sides(128), [282.89, 367.75, 356.41, 463.34, 449.05, 583.77], { atol: 0.005 });
});

Deno.test("anchorBoxes() goes by level, row, column and scale, centred where the layout says", () => {
  const levels = anchorLevels({ width: 8, height: 4 }, [4]);
  const paper = anchorBoxes(levels, { ...TINAFACE.anchors, scales: [1, 2], ratio: 1 });
  assertAllClose([...paper], [
    ...[-2, -2, 2, 2],
    ...[-4, -4, 4, 4],
    ...[2, -2, 6, 2],
    ...[0, -4, 8, 4],
  ], { atol: 1e-5 });
  const seed = anchorBoxes(levels, { ...TINAFACE_LITE.anchors, scales: [1] });
  // seed 2: width = the size, height = 1.3 times that, in the middle of the cell
  assertAllClose([...seed], [0, -0.6, 4, 4.6, 4, -0.6, 8, 4.6], { atol: 1e-5 });
});

Deno.test("anchorLevels() rounds the number of cells up, as padded strided convolutions do", () => {
  const [level] = anchorLevels({ width: 33, height: 31 }, [32]);
  assert.deepEqual(level!.grid, { width: 2, height: 1 });
});
