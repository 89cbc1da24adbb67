import assert from "node:assert/strict";
import fc from "fast-check";
import { anchorBoxes, type AnchorLayout, anchorLevels } from "../../lib/geometry/anchors.ts";
import { type AssignInput, BACKGROUND, IGNORED } from "../../lib/geometry/assigner.ts";
import { assignAtss } from "../../lib/geometry/atss.ts";

const LAYOUT: AnchorLayout = {
  scales: [12 / 64, 24 / 64],
  exponent: 2,
  ratio: 1.25,
  sizeIs: "root-of-area",
  centre: 0.5,
};
const FRAME = { width: 160, height: 128 };

function input(faces: readonly number[][], ignore: readonly number[] = []): AssignInput {
  const levels = anchorLevels(FRAME, [8, 16, 32]);
  return {
    faces: Float32Array.from(faces.flat()),
    ignore: Uint8Array.from(faces, (_, i) => ignore[i] ?? 0),
    anchors: anchorBoxes(levels, LAYOUT),
    levels,
    layout: LAYOUT,
  };
}

function overlap([ax1, ay1, ax2, ay2]: number[], [bx1, by1, bx2, by2]: number[]): number {
  const width = Math.min(ax2!, bx2!) - Math.max(ax1!, bx1!);
  const height = Math.min(ay2!, by2!) - Math.max(ay1!, by1!);
  if (width <= 0 || height <= 0) return 0;
  const area = width * height;
  return area / ((ax2! - ax1!) * (ay2! - ay1!) + (bx2! - bx1!) * (by2! - by1!) - area);
}

/** Algorithm 1 of the paper for one face, over every anchor and in other words. */
function byThePaper(face: number[]): number[] {
  const candidates: { index: number; iou: number; inside: boolean }[] = [];
  let index = 0;
  const x = (face[0]! + face[2]!) / 2, y = (face[1]! + face[3]!) / 2;
  for (const stride of [8, 16, 32]) {
    const near = (at: number, centre: number, side: number) => {
      const nearest = (Math.round(centre / stride - 0.5) + 0.5) * stride;
      return Math.abs(at - Math.min(nearest, side - stride / 2)) <= stride;
    };
    for (let cy = stride / 2; cy < FRAME.height; cy += stride) {
      for (let cx = stride / 2; cx < FRAME.width; cx += stride) {
        for (const size of [12, 24].map((px) => px * (stride / 8) ** 2)) {
          const w = size / Math.sqrt(1.25) / 2, h = size * Math.sqrt(1.25) / 2;
          const inside = cx > face[0]! && cx < face[2]! && cy > face[1]! && cy < face[3]!;
          if (near(cx, x, FRAME.width) && near(cy, y, FRAME.height)) {
            const anchor = [cx - w, cy - h, cx + w, cy + h];
            candidates.push({ index, iou: overlap(anchor, face), inside });
          }
          index++;
        }
      }
    }
  }
  const mean = candidates.reduce((sum, { iou }) => sum + iou, 0) / candidates.length;
  const squares = candidates.reduce((sum, { iou }) => sum + (iou - mean) ** 2, 0);
  const threshold = mean + Math.sqrt(squares / (candidates.length - 1));
  return candidates.filter(({ iou, inside }) => inside && iou >= threshold)
    .map(({ index }) => index);
}

const face = fc.tuple(
  fc.double({ min: 0, max: 140, noNaN: true }),
  fc.double({ min: 0, max: 110, noNaN: true }),
  fc.double({ min: 4, max: 100, noNaN: true }),
  fc.double({ min: 4, max: 100, noNaN: true }),
).map(([x, y, w, h]) => [x, y, x + w, y + h].map(Math.fround));

const assignedTo = (assignment: Int32Array, to: number) =>
  Array.from(assignment.keys()).filter((i) => assignment[i] === to);

Deno.test("assignAtss() follows algorithm 1 of the paper, and leaves no face alone", () => {
  fc.assert(fc.property(face, (box) => {
    const own = assignedTo(assignAtss(input([box])), 0);
    const expected = byThePaper(box);
    if (expected.length > 0) assert.deepEqual(own, expected);
    else assert.equal(own.length, 1);
  }));
});

Deno.test("assignAtss() gives an anchor to the face that it overlaps most", () => {
  fc.assert(fc.property(face, face, (a, b) => {
    const both = input([a, b]), assignment = assignAtss(both);
    const alone = [a, b].map((box) => assignedTo(assignAtss(input([box])), 0));
    for (const anchor of alone[0]!.filter((k) => alone[1]!.includes(k))) {
      const box = [...both.anchors.subarray(4 * anchor, 4 * anchor + 4)];
      const [toA, toB] = [overlap(box, a), overlap(box, b)];
      if (Math.abs(toA - toB) > 1e-6) assert.equal(assignment[anchor], toA > toB ? 0 : 1);
    }
  }));
});

Deno.test("assignAtss() makes the anchors on an ignored face neither face nor background", () => {
  const faces = [[20, 20, 40, 45], [90, 60, 120, 100]];
  const given = input(faces, [0, 1]), assignment = assignAtss(given);
  assert.deepEqual(
    assignedTo(assignment, 0),
    assignedTo(assignAtss(input([faces[0]!])), 0),
    "the other face is assigned as ever",
  );
  const ignored = assignedTo(assignment, IGNORED);
  assert.ok(ignored.length > 0 && assignedTo(assignment, 1).length === 0);
  for (const anchor of ignored) {
    const [x1, y1, x2, y2] = given.anchors.subarray(4 * anchor, 4 * anchor + 4);
    const x = (x1! + x2!) / 2, y = (y1! + y2!) / 2;
    assert.ok(x > 89.99 && x < 120.01 && y > 59.99 && y < 100.01);
  }
  assert.equal(
    assignedTo(assignment, BACKGROUND).length + ignored.length + assignedTo(assignment, 0).length,
    assignment.length,
  );
});
