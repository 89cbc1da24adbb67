import assert from "node:assert/strict";
import fc from "fast-check";
import { type LookOptions, looksAt } from "../../lib/detector/looks.ts";
import { letterbox } from "../../lib/geometry/letterbox.ts";
import { boxesToView, type View } from "../../lib/geometry/view.ts";

const ANY_SIZE = { size: { width: 640, height: 640 }, multipleOf: 32 };
const ONE_SIZE = { size: { width: 224, height: 224 }, multipleOf: null };

const photo = fc.record({
  width: fc.integer({ min: 400, max: 5000 }),
  height: fc.integer({ min: 400, max: 5000 }),
});
const input = fc.constantFrom(ANY_SIZE, ONE_SIZE);
const overlap = 0.25;

/** Whether a box shows whole in a view. */
function isWhole(box: readonly number[], view: View): boolean {
  const [x1, y1, x2, y2] = boxesToView(Float32Array.from(box), view);
  return x1! > -0.01 && y1! > -0.01 && x2! < view.outWidth + 0.01 && y2! < view.outHeight + 0.01;
}

Deno.test("looksAt() takes one look unless it is told otherwise", () => {
  fc.assert(fc.property(photo, input, (size, network) => {
    const [view, ...others] = looksAt(size, network);
    assert.equal(others.length, 0);
    assert.ok(isWhole([0, 0, size.width, size.height], view!));
  }));
});

Deno.test("looksAt() shows a network of one size the whole photo as letterbox() does", () => {
  fc.assert(fc.property(photo, (size) => {
    const [view] = looksAt(size, ONE_SIZE), expected = letterbox(size, ONE_SIZE.size);
    for (const key of ["x", "y", "width", "height"] as const) {
      assert.ok(Math.abs(view![key] - expected[key]) < 1e-6 * Math.max(size.width, size.height));
    }
  }));
});

Deno.test("looksAt() gives views of sizes that the network takes, undistorted", () => {
  const options = fc.constantFrom<LookOptions>({ tile: "auto" }, { tile: 500, scales: [1, 2] });
  fc.assert(fc.property(photo, input, options, (size, network, look) => {
    for (const { width, height, outWidth, outHeight } of looksAt(size, network, look)) {
      if (network.multipleOf === null) assert.deepEqual([outWidth, outHeight], [224, 224]);
      else assert.deepEqual([outWidth % 32, outHeight % 32], [0, 0]);
      // Sides are rounded to pixels before they are shown.
      assert.ok(Math.abs(width / outWidth / (height / outHeight) - 1) < 0.05);
    }
  }));
});

Deno.test("in tiles a face of any size is whole in one of them, and no smaller than half", () => {
  const place = fc.tuple(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.double({ min: 0.01, max: 1, noNaN: true }),
  );
  fc.assert(fc.property(photo, place, (size, [u, v, share]) => {
    const side = share * Math.min(size.width, size.height);
    const x = u * (size.width - side), y = v * (size.height - side);
    const views = looksAt(size, ANY_SIZE, { tile: 640, tileOverlap: overlap });
    const whole = views.filter((view) => isWhole([x, y, x + side, y + side], view));
    assert.ok(whole.length > 0);
    const largest = Math.max(...whole.map((view) => side * view.outWidth / view.width));
    assert.ok(largest >= Math.min(side, overlap * 640 / 2) * 0.95, `${largest} of ${side}`);
  }));
});

Deno.test("looksAt() looks at everything mirrored when it is told to", () => {
  const views = looksAt({ width: 900, height: 700 }, ANY_SIZE, { tile: "auto", flip: true });
  const mirrored = views.filter(({ flip }) => flip);
  assert.equal(2 * mirrored.length, views.length);
});
