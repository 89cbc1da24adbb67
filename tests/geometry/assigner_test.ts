import assert from "node:assert/strict";
import fc from "fast-check";
import { anchorBoxes, anchorLevels } from "../../lib/geometry/anchors.ts";
import {
  assignBest,
  type AssignInput,
  assignMaxIou,
  BACKGROUND,
  IGNORED,
} from "../../lib/geometry/assigner.ts";
import { boxCount, type Boxes, iou } from "../../lib/geometry/boxes.ts";
import { TINAFACE, TINAFACE_LITE } from "../../lib/models/tinaface/config.ts";
import { assertAllClose } from "../_support/close.ts";

const THRESHOLD = 0.35;

function input(faces: number[][], ignore: number[] = [], layout = TINAFACE.anchors): AssignInput {
  const levels = anchorLevels({ width: 96, height: 64 }, [4, 8, 16, 32]);
  return {
    faces: Float32Array.from(faces.flat()),
    ignore: Uint8Array.from(faces, (_, i) => ignore[i] ?? 0),
    anchors: anchorBoxes(levels, layout),
    levels,
    layout,
  };
}

/** The rules of vedadet's MaxIoUAssigner, step by step over the whole matrix. */
function byTheRules(faces: Boxes, anchors: Boxes): number[] {
  const overlaps = Array.from(
    { length: boxCount(anchors) },
    (_, a) =>
      Array.from({ length: boxCount(faces) }, (_, f) => Math.fround(iou(anchors, a, faces, f))),
  );
  const assigned = overlaps.map((row) => {
    const best = Math.max(...row);
    return best >= THRESHOLD ? row.indexOf(best) : BACKGROUND;
  });
  for (let f = 0; f < boxCount(faces); f++) {
    const best = Math.max(...overlaps.map((row) => row[f]!));
    if (best < THRESHOLD) continue;
    overlaps.forEach((row, a) => row[f] === best && (assigned[a] = f));
  }
  return assigned;
}

const face = fc.tuple(
  fc.integer({ min: -5, max: 90 }),
  fc.integer({ min: -5, max: 60 }),
  fc.integer({ min: 3, max: 60 }),
  fc.integer({ min: 3, max: 60 }),
).map(([x, y, w, h]) => [x, y, x + w, y + h]);

Deno.test("assignMaxIou() follows vedadet's rules", () => {
  fc.assert(
    fc.property(fc.array(face, { minLength: 1, maxLength: 4 }), (faces) => {
      const given = input(faces);
      assert.deepEqual(
        [...assignMaxIou(given, THRESHOLD)],
        byTheRules(given.faces, given.anchors),
      );
    }),
    { numRuns: 40 },
  );
});

Deno.test("assignMaxIou() leaves a face without anchors when none overlaps it enough", () => {
  const assignment = assignMaxIou(input([[40, 30, 42, 31]]), THRESHOLD);
  assert.ok(assignment.every((face) => face === BACKGROUND));
});

Deno.test("assignMaxIou() marks anchors on ignored faces, unless another face claims them", () => {
  const both = [[20, 20, 40, 46], [20, 20, 40, 46]];
  const ignored = assignMaxIou(input(both, [1, 1]), THRESHOLD);
  const claimed = assignMaxIou(input(both, [1, 0]), THRESHOLD);
  assert.ok(ignored.includes(IGNORED) && !ignored.some((face) => face >= 0));
  assert.ok(claimed.includes(1) && !claimed.includes(IGNORED));
});

Deno.test("assignBest() gives a face the best of the anchors around its centre, and only that", () => {
  const given = input([[30, 20, 50, 46]], [], TINAFACE_LITE.anchors);
  const assignment = assignBest(given, THRESHOLD);
  const [anchor, ...others] = [...assignment.keys()].filter((a) => assignment[a] === 0);
  assert.deepEqual(others, []);
  // Stride 4, scale 4: 16 by 20.8 around (42, 34), all of it inside the face: 332.8 / 520 = 0.64.
  // Stride 8, scale 2.52: 20.2 by 26.2 around (44, 36): 371 / 677 = 0.55.
  const [x1, y1, x2] = given.anchors.subarray(4 * anchor!);
  assertAllClose([x1!, y1!, x2!], [34, 23.6, 50], { atol: 1e-4 });
});
