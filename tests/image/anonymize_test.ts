import assert from "node:assert/strict";
import fc from "fast-check";
import {
  anonymize,
  ANONYMIZE_METHODS,
  type AnonymizeMethod,
  type AnonymizeOptions,
} from "../../lib/image/anonymize.ts";
import type { Image } from "../../lib/image/image.ts";
import { Random } from "../../lib/numbers/random.ts";

type Channels = 3 | 4;

/** Pixels without any order: the sharpest picture there is. */
function noise(width: number, height: number, channels: Channels, seed = 1): Image {
  const random = new Random(["noise", seed]);
  const data = Uint8Array.from(
    { length: width * height * channels },
    (_, i) => i % channels === 3 ? 255 : random.integer(256),
  );
  return { width, height, data };
}

function face(x: number, y: number, width: number, height: number) {
  return { box: { x, y, width, height } };
}

function pixel({ width, data, height }: Image, x: number, y: number): number[] {
  const channels = data.length / (width * height), o = (y * width + x) * channels;
  return [...data.subarray(o, o + channels)];
}

/** All places of an image. */
function places({ width, height }: Image): [x: number, y: number][] {
  return Array.from({ length: width * height }, (_, i) => [i % width, Math.floor(i / width)]);
}

const anyMethod = fc.constantFrom<AnonymizeMethod>("blur", "pixelate", "fill", "emoji");
const lossy = fc.constantFrom<AnonymizeMethod>("blur", "pixelate");
const anyChannels = fc.constantFrom<Channels>(3, 4);

Deno.test("anonymize() changes a copy, and only where the faces and their margins are", () => {
  fc.assert(
    fc.property(
      anyMethod,
      anyChannels,
      fc.constantFrom<"ellipse" | "box">("ellipse", "box"),
      fc.record({
        x: fc.double({ min: -30, max: 50, noNaN: true }),
        y: fc.double({ min: -30, max: 40, noNaN: true }),
        width: fc.double({ min: 0.5, max: 60, noNaN: true }),
        height: fc.double({ min: 0.5, max: 60, noNaN: true }),
      }),
      (method, channels, shape, box) => {
        const image = noise(48, 36, channels), before = image.data.slice();
        const result = anonymize(image, [{ box }], { method, shape, margin: 0.5 });
        assert.deepEqual(image.data, before);
        assert.deepEqual([result.width, result.height, result.data.length], [
          48,
          36,
          before.length,
        ]);
        const reach = { x: box.width / 2 + 1, y: box.height / 2 + 1 };
        for (const [x, y] of places(image)) {
          const isFar = x + 1 < box.x - reach.x || x > box.x + box.width + reach.x ||
            y + 1 < box.y - reach.y || y > box.y + box.height + reach.y;
          if (isFar) assert.deepEqual(pixel(result, x, y), pixel(image, x, y));
        }
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("anonymize() hides every pixel of the box, in either shape, with the default margin", () => {
  fc.assert(
    fc.property(
      fc.constantFrom<"ellipse" | "box">("ellipse", "box"),
      fc.tuple(
        fc.double({ min: 0, max: 40, noNaN: true }),
        fc.double({ min: 3, max: 60, noNaN: true }),
      ),
      fc.tuple(
        fc.double({ min: 0, max: 40, noNaN: true }),
        fc.double({ min: 3, max: 60, noNaN: true }),
      ),
      (shape, [x, width], [y, height]) => {
        const white = { width: 60, height: 60, data: new Uint8Array(60 * 60 * 3).fill(255) };
        const hidden = anonymize(white, [face(x, y, width, height)], { method: "fill", shape });
        for (const [px, py] of places(white)) {
          const isOnFace = px + 1 > x && px < x + width && py + 1 > y && py < y + height;
          if (isOnFace) assert.deepEqual(pixel(hidden, px, py), [0, 0, 0]);
        }
      },
    ),
    { numRuns: 60 },
  );
});

/** Where a length is cut into blocks, by the documentation: as many as fit, of equal length. */
function blockEdges(length: number, minPx: number): number[] {
  const count = Math.max(1, Math.floor(length / minPx));
  return Array.from({ length: count + 1 }, (_, i) => Math.ceil(i * length / count));
}

/** The image with the pixels within each block of a square at `from` put into another order. */
function shuffledInBlocks(image: Image, from: number, side: number, blockPx: number): Image {
  const random = new Random(["shuffle"]), data = image.data.slice(), { width } = image;
  const edges = blockEdges(side, blockPx);
  for (let row = 1; row < edges.length; row++) {
    for (let column = 1; column < edges.length; column++) {
      const inside: number[] = [];
      for (let y = edges[row - 1]!; y < edges[row]!; y++) {
        for (let x = edges[column - 1]!; x < edges[column]!; x++) {
          inside.push((from + y) * width + from + x);
        }
      }
      const order = inside.map((at) => ({ at, key: random.uniform(0, 1) })).sort((a, b) =>
        a.key - b.key
      );
      for (const [k, { at }] of order.entries()) {
        data.set(image.data.subarray(3 * inside[k]!, 3 * inside[k]! + 3), 3 * at);
      }
    }
  }
  return { ...image, data };
}

Deno.test("anonymize() by blur or blocks sees a face through the means of its blocks alone", () => {
  fc.assert(
    fc.property(
      lossy,
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 8, max: 60 }),
      fc.integer(),
      (method, samples, side, seed) => {
        const image = noise(80, 80, 3, seed);
        const options: AnonymizeOptions = { method, samples, shape: "box", margin: 0 };
        const blockPx = Math.max(2, Math.ceil(side / samples));
        const shuffled = shuffledInBlocks(image, 10, side, blockPx);
        assert.notDeepEqual(shuffled.data, image.data);
        const faces = [face(10, 10, side, side)];
        const ours = anonymize(image, faces, options), theirs = anonymize(shuffled, faces, options);
        for (let y = 10; y < 10 + side; y++) {
          for (let x = 10; x < 10 + side; x++) {
            assert.deepEqual(pixel(ours, x, y), pixel(theirs, x, y));
          }
        }
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("anonymize() leaves at most samples² blocks of a face, whatever its size", () => {
  for (const side of [16, 40, 100, 333, 900]) {
    for (const samples of [1, 4, 8]) {
      const image = noise(side, side, 3);
      const { data } = anonymize(image, [face(0, 0, side, side)], {
        method: "pixelate",
        shape: "box",
        margin: 0,
        samples,
      });
      const colours = new Set<number>();
      for (let p = 0; p < data.length; p += 3) {
        colours.add(data[p]! << 16 | data[p + 1]! << 8 | data[p + 2]!);
      }
      assert.ok(colours.size <= samples ** 2, `${side} px: ${colours.size} colours`);
      assert.ok(colours.size > 1 || samples === 1);
    }
  }
});

Deno.test("anonymize() by blur leaves no edge: neighbours differ by 255 ÷ block at most", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 16, max: 90 }),
      fc.boolean(),
      (samples, side, isStriped) => {
        const random = new Random(["columns", side]);
        const columns = Array.from({ length: 100 }, () => 255 * random.integer(2));
        const sharp = noise(100, 100, 3);
        if (isStriped) {
          for (let i = 0; i < sharp.data.length; i++) {
            sharp.data[i] = columns[Math.floor(i / 3) % 100]!;
          }
        }
        const blurred = anonymize(sharp, [face(5, 5, side, side)], {
          ...{ method: "blur", samples, shape: "box", margin: 0 },
        });
        const blockPx = Math.max(2, Math.ceil(side / samples));
        // The slope of a cubic B-spline curve is at most the difference of two means a block.
        const limit = 255 / blockPx + 1;
        for (let y = 5; y < 5 + side; y++) {
          for (let x = 6; x < 5 + side; x++) {
            const [a] = pixel(blurred, x - 1, y), [b] = pixel(blurred, x, y);
            const [c] = pixel(blurred, y, x - 1), [d] = pixel(blurred, y, x);
            assert.ok(Math.abs(a! - b!) <= limit && Math.abs(c! - d!) <= limit);
          }
        }
      },
    ),
    { numRuns: 25 },
  );
});

Deno.test("anonymize() by colour or smiley keeps nothing of what was there", () => {
  for (const method of ["fill", "emoji"] as const) {
    for (const channels of [3, 4] as const) {
      const faces = [face(6, 4, 30, 38)], options = { method, shape: "box", margin: 0 } as const;
      const ours = anonymize(noise(48, 48, channels, 1), faces, options);
      const theirs = anonymize(noise(48, 48, channels, 2), faces, options);
      for (const [x, y] of places(ours)) {
        if (x < 6 || x >= 36 || y < 4 || y >= 42) continue;
        assert.deepEqual(pixel(ours, x, y), pixel(theirs, x, y));
        if (channels === 4) assert.equal(pixel(ours, x, y)[3], 255);
      }
    }
  }
});

Deno.test("anonymize() draws a smiley that looks at you", () => {
  const grey = { width: 100, height: 100, data: new Uint8Array(30000).fill(90) };
  const smiley = anonymize(grey, [face(0, 0, 100, 100)], { method: "emoji", margin: 0 });
  const isDark = (x: number, y: number) => pixel(smiley, x, y)[0]! < 150;
  const isYellow = (x: number, y: number) => pixel(smiley, x, y)[0]! > 250;
  assert.ok(isDark(33, 37) && isDark(67, 37), "eyes");
  assert.ok(isDark(50, 77) && isYellow(50, 25), "a mouth that goes down in the middle");
  assert.ok(isDark(28, 61) && isDark(72, 61) && isYellow(50, 61), "and up at its ends");
  assert.deepEqual(pixel(smiley, 0, 0), [90, 90, 90]);
});

Deno.test("anonymize() does not show in a mean what was invisible", () => {
  const image = noise(40, 40, 4);
  for (const [x, y] of places(image)) {
    const o = 4 * (y * 40 + x);
    image.data.set(x % 2 === 0 ? [200, 0, 0, 0] : [10, 20, 30, 255], o);
  }
  const { data } = anonymize(image, [face(0, 0, 40, 40)], { method: "pixelate", shape: "box" });
  assert.deepEqual([...data.subarray(0, 4)], [10, 20, 30, 128]);
});

Deno.test("anonymize() takes a canvas' ImageData, no face, and faces off the picture", () => {
  const canvas = { width: 8, height: 8, data: new Uint8ClampedArray(256).fill(7) };
  assert.deepEqual([...anonymize(canvas, []).data], [...canvas.data]);
  for (const method of ANONYMIZE_METHODS) {
    const result = anonymize(canvas, [face(-90, 3, 4, 4), face(99, 99, 5, 5)], { method });
    assert.deepEqual([...result.data], [...canvas.data]);
  }
});

Deno.test("anonymize() refuses what would hide less than it seems to", () => {
  const image = noise(8, 8, 3), faces = [face(1, 1, 4, 4)];
  for (
    const options of [
      { samples: 9 },
      { samples: 0 },
      { samples: NaN },
      { margin: -0.1 },
      { margin: NaN },
      { method: "smudge" as "blur" },
    ]
  ) assert.throws(() => anonymize(image, faces, options), RangeError);
  assert.throws(() => anonymize(image, [face(NaN, 1, 4, 4)]), RangeError);
  assert.throws(() => anonymize(image, [face(1, 1, -4, 4)]), RangeError);
  assert.throws(() => anonymize({ ...image, width: 9 }, faces), TypeError);
});
