// Random views hold what they promise, for any photo and faces.
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  centreView,
  randomView,
  VIEW_OPTIONS,
  type ViewOptions,
} from "../../lib/datasets/random_view.ts";
import { boxesToView, type View } from "../../lib/geometry/view.ts";
import { Random } from "../../lib/numbers/random.ts";

const side = fc.integer({ min: 20, max: 900 });
const part = fc.double({ min: 0, max: 1, noNaN: true });

/** A photo with 0 to 4 faces on it, each at least a pixel. */
const photos = fc.record({
  photo: fc.record({ width: side, height: side }),
  faces: fc.array(fc.tuple(part, part, part, part), { maxLength: 4 }),
  seed: fc.nat(),
  frame: fc.record({
    width: fc.integer({ min: 16, max: 64 }),
    height: fc.integer({ min: 16, max: 64 }),
  }),
}).map(({ photo: { width, height }, faces, seed, frame }) => {
  const boxes = Float32Array.from(faces.flatMap(([u, v, a, b]) => {
    const w = 1 + a * (width - 2) / 2, h = 1 + b * (height - 2) / 2;
    const x = u * (width - w), y = v * (height - h);
    return [x, y, x + w, y + h];
  }));
  const truth = { boxes, ignore: new Uint8Array(faces.length) };
  return { photo: { width, height }, truth, random: new Random([seed]), frame };
});

const options = (changes: Partial<ViewOptions>): ViewOptions => ({ ...VIEW_OPTIONS, ...changes });

/** Whether the view shows no border in a direction in which the photo is large enough. */
function isOnPhoto(view: View, { width, height }: { width: number; height: number }): boolean {
  const fits = (start: number, length: number, photo: number) => {
    const slack = photo - length;
    return start >= Math.min(0, slack) - 1e-3 && start <= Math.max(0, slack) + 1e-3;
  };
  return fits(view.x, view.width, width) && fits(view.y, view.height, height);
}

/** Boxes in the view, and how large it is, with room for rounding. */
function inView(boxes: Float32Array, view: View) {
  const mapped = boxesToView(boxes, view), slack = 1e-2;
  const isInside = (x: number, y: number) =>
    x >= -slack && x <= view.outWidth + slack && y >= -slack && y <= view.outHeight + slack;
  return Array.from({ length: boxes.length / 4 }, (_, i) => {
    const [x1, y1, x2, y2] = mapped.subarray(4 * i) as unknown as [number, number, number, number];
    return {
      longSide: Math.max(x2 - x1, y2 - y1),
      isCentreInside: isInside((x1 + x2) / 2, (y1 + y2) / 2),
      isWholeInside: isInside(x1, y1) && isInside(x2, y2),
    };
  });
}

Deno.test("randomView() crops hold the centre of a face and stay on the photo", () => {
  fc.assert(fc.property(photos, ({ photo, truth, frame, random }) => {
    const view = randomView(photo, truth, frame, random, options({ cropScales: [0.3, 1, 1.7] }));
    assert.ok(isOnPhoto(view, photo));
    assert.ok(truth.boxes.length === 0 || inView(truth.boxes, view).some((f) => f.isCentreInside));
  }));
});

Deno.test("randomView() crops have the given share of the short side and the frame's aspect", () => {
  fc.assert(fc.property(photos, ({ photo, truth, frame, random }) => {
    const view = randomView(photo, truth, frame, random, options({ cropScales: [0.45] }));
    const short = 0.45 * Math.min(photo.width, photo.height);
    assert.ok(Math.abs(Math.min(view.width, view.height) - short) < 1e-6 * short);
    assert.ok(Math.abs(view.width / view.height - frame.width / frame.height) < 1e-9);
    assert.deepEqual([view.outWidth, view.outHeight], [frame.width, frame.height]);
  }));
});

Deno.test("randomView() zooms at a whole face of a size within bounds", () => {
  const zoomSide = [0.2, 0.7] as const;
  fc.assert(fc.property(photos, ({ photo, truth, frame, random }) => {
    fc.pre(truth.boxes.length > 0);
    const zoom = options({ zoomChance: 1, zoomSide, maxEnlarge: 1e3 });
    const view = randomView(photo, truth, frame, random, zoom);
    const frameSide = Math.min(frame.width, frame.height);
    assert.ok(isOnPhoto(view, photo));
    assert.ok(
      inView(truth.boxes, view).some(({ isWholeInside, longSide }) =>
        isWholeInside && longSide >= 0.199 * frameSide && longSide <= 0.701 * frameSide
      ),
    );
  }));
});

Deno.test("randomView() zooms no closer than maxEnlarge, or crops", () => {
  fc.assert(fc.property(photos, ({ photo, truth, frame, random }) => {
    const zoom = options({ zoomChance: 1, maxEnlarge: 1.5, cropScales: [50] });
    const view = randomView(photo, truth, frame, random, zoom);
    assert.ok(view.outWidth / view.width <= 1.5 * (1 + 1e-6));
  }));
});

Deno.test("randomView() draws the size of a zoomed face log-uniformly", () => {
  const photo = { width: 400, height: 400 }, frame = { width: 100, height: 100 };
  const truth = { boxes: Float32Array.of(100, 100, 150, 140), ignore: new Uint8Array(1) };
  const zoom = options({ zoomChance: 1, zoomSide: [0.1, 0.4] });
  const logs = Array.from({ length: 2000 }, (_, seed) => {
    const view = randomView(photo, truth, frame, new Random([seed]), zoom);
    return Math.log(50 / view.width / 0.1) / Math.log(4);
  });
  const mean = logs.reduce((sum, value) => sum + value) / logs.length;
  // A uniform draw from [0, 1] has the mean 1/2 and the deviation 1/√12; 5 standard errors.
  assert.ok(Math.abs(mean - 0.5) < 5 / Math.sqrt(12 * logs.length), `mean is ${mean}`);
  assert.ok(Math.min(...logs) < 0.01 && Math.max(...logs) > 0.99);
});

Deno.test("randomView() does not look for ignored faces", () => {
  const photo = { width: 1000, height: 100 }, frame = { width: 32, height: 32 };
  const boxes = Float32Array.of(0, 40, 20, 60, 900, 40, 920, 60);
  for (let seed = 0; seed < 50; seed++) {
    const random = new Random([seed]);
    const view = randomView(photo, { boxes, ignore: Uint8Array.of(1, 0) }, frame, random);
    assert.ok(view.x > 800, `the view starts at ${view.x}`);
  }
});

Deno.test("randomView() mirrors as often as it is told", () => {
  const photo = { width: 50, height: 50 }, frame = { width: 16, height: 16 };
  const truth = { boxes: new Float32Array(0), ignore: new Uint8Array(0) };
  const flips = (flipChance: number) =>
    Array.from(
      { length: 1000 },
      (_, seed) =>
        randomView(photo, truth, frame, new Random([seed]), options({ flipChance })).flip,
    )
      .filter((flip) => flip).length;
  assert.deepEqual([flips(0), flips(1)], [0, 1000]);
  assert.ok(Math.abs(flips(0.5) - 500) < 80, `${flips(0.5)} of 1000`);
});

Deno.test("centreView() is the largest part of the frame's aspect, in the middle", () => {
  assert.deepEqual(centreView({ width: 1000, height: 500 }, { width: 640, height: 640 }), {
    ...{ x: 250, y: 0, width: 500, height: 500 },
    ...{ outWidth: 640, outHeight: 640 },
  });
  fc.assert(fc.property(photos, ({ photo, frame }) => {
    const { x, y, width, height } = centreView(photo, frame);
    assert.ok(x >= -1e-9 && y >= -1e-9 && Math.min(x, y) < 1e-9, "one direction is whole");
    assert.ok(Math.abs(2 * x + width - photo.width) < 1e-6);
    assert.ok(Math.abs(2 * y + height - photo.height) < 1e-6);
    assert.ok(Math.abs(width / height - frame.width / frame.height) < 1e-9);
  }));
});

Deno.test("randomView() takes the middle as often as it is told", () => {
  fc.assert(fc.property(photos, ({ photo, truth, frame, random }) => {
    const view = randomView(photo, truth, frame, random, options({ centreChance: 1 }));
    assert.deepEqual({ ...view, flip: false }, { ...centreView(photo, frame), flip: false });
  }));
});
