import assert from "node:assert/strict";
import fc from "fast-check";
import { boxesToView, type View } from "../../lib/geometry/view.ts";
import type { Image } from "../../lib/image/image.ts";
import { downscale, resample } from "../../lib/image/resample.ts";

type Paint = (x: number, y: number) => readonly number[];

function paint(width: number, height: number, color: Paint): Image {
  const data: number[] = [];
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) data.push(...color(x, y));
  return { width, height, data: Uint8Array.from(data) };
}

function whole({ width, height }: Image, outWidth: number, outHeight: number): View {
  return { x: 0, y: 0, width, height, outWidth, outHeight };
}

const black = [0, 0, 0] as const;
const pattern = paint(
  13,
  9,
  (x, y) => [(37 * x + 91 * y) % 256, (x * x * 5 + y * 3) % 256, (x * y * 11) % 256],
);

// Bytes that Pillow 12.3 gives for `pattern.resize((outWidth, outHeight), BILINEAR, box)`.
const PILLOW: readonly (readonly [name: string, view: View, pixels: string])[] = [
  [
    "shrunk",
    whole(pattern, 5, 4),
    "99 12 10 134 64 31 116 166 55 111 155 79 140 168 84 108 19 33 114 71 105 132 158 135 112 141 " +
    "117 120 160 131 132 25 60 112 77 135 117 122 104 129 86 131 115 124 121 151 32 78 123 84 117 " +
    "114 127 113 120 90 102 117 129 109",
  ],
  [
    "enlarged part",
    { x: 3.25, y: 1.5, width: 3.25, height: 2.5, outWidth: 6, outHeight: 4 },
    "151 50 43 171 69 51 173 89 59 98 113 67 55 139 75 75 169 83 48 52 64 68 71 76 87 91 87 98 115 " +
    "99 112 141 110 132 171 122 89 54 85 109 73 101 129 93 115 149 117 131 169 143 146 189 173 161 " +
    "145 56 106 139 75 125 138 95 144 158 119 163 178 145 173 198 175 166",
  ],
  [
    "part shrunk one way and enlarged the other",
    { x: 1.5, y: 0.25, width: 9.75, height: 8.25, outWidth: 3, outHeight: 14 },
    "99 43 1 133 150 3 89 159 5 140 45 18 109 152 41 135 161 64 146 47 35 104 154 79 147 163 121 94 " +
    "48 52 131 155 117 104 164 175 91 50 69 145 157 143 95 166 145 113 52 86 152 159 163 102 168 77 " +
    "127 54 103 109 131 127 129 120 111 130 56 116 91 112 102 141 87 139 104 57 120 138 113 106 117 " +
    "88 145 107 59 116 135 115 109 110 90 135 128 61 106 98 117 110 115 92 114 143 63 120 95 119 " +
    "117 142 94 103 149 64 129 101 120 120 154 95 97 124 66 104 132 122 107 99 97 105",
  ],
];

for (const [name, view, pixels] of PILLOW) {
  Deno.test(`resample() equals Pillow's bilinear resize bit for bit: ${name}`, () => {
    assert.equal(resample(pattern, view, black).data.join(" "), pixels);
  });
}

Deno.test("resample() averages 2x2 pixels with the widened triangle", () => {
  // One axis of four pixels shown as two: taps 1 3 3 1 (in eighths), the outer one cut off at the
  // edge, so the weights are (3 3 1)/7.
  const row = paint(4, 1, (x) => [[10, 80, 150, 220][x]!, 0, 0]);
  const shown = resample(row, whole(row, 2, 1), black);
  assert.deepEqual([shown.data[0], shown.data[3]], [
    Math.round((3 * 10 + 3 * 80 + 150) / 7),
    Math.round((80 + 3 * 150 + 3 * 220) / 7),
  ]);
});

Deno.test("resample() does not alias: stripes finer than a pixel become gray", () => {
  const stripes = paint(640, 4, (x) => x % 2 ? [255, 255, 255] : [0, 0, 0]);
  const { data } = resample(stripes, whole(stripes, 30, 4), black);
  assert.ok(data.every((value) => Math.abs(value - 127.5) < 8), data.join());
});

Deno.test("resample() fills what lies outside the image and keeps its edge clean", () => {
  const image = paint(4, 2, () => [200, 100, 50]);
  const { data } = resample(
    image,
    { x: -2, y: -1, width: 8, height: 4, outWidth: 8, outHeight: 4 },
    [1, 2, 3],
  );
  for (let y = 0; y < 4; y++) {
    for (let x = 0; x < 8; x++) {
      const inside = x >= 2 && x < 6 && y >= 1 && y < 3;
      const p = 3 * (8 * y + x);
      assert.deepEqual([...data.slice(p, p + 3)], inside ? [200, 100, 50] : [1, 2, 3]);
    }
  }
});

Deno.test("resample() shows only fill when the view misses the image", () => {
  const image = paint(4, 2, () => [200, 100, 50]);
  const view = { x: 50, y: 0, width: 4, height: 2, outWidth: 4, outHeight: 2 };
  assert.deepEqual(new Set(resample(image, view, [7, 7, 7]).data), new Set([7]));
});

Deno.test("resample() drops alpha", () => {
  const rgba = paint(5, 4, (x, y) => [10 * x, 20 * y, 7, 99]);
  const rgb = paint(5, 4, (x, y) => [10 * x, 20 * y, 7]);
  assert.deepEqual(
    resample(rgba, whole(rgba, 3, 3), black),
    resample(rgb, whole(rgb, 3, 3), black),
  );
});

const anyView = fc.record({
  x: fc.double({ min: -30, max: 30, noNaN: true }),
  y: fc.double({ min: -30, max: 30, noNaN: true }),
  width: fc.double({ min: 4, max: 120, noNaN: true }),
  height: fc.double({ min: 4, max: 120, noNaN: true }),
  outWidth: fc.integer({ min: 1, max: 60 }),
  outHeight: fc.integer({ min: 1, max: 60 }),
  flip: fc.boolean(),
});

Deno.test("resample() keeps a constant image constant", () => {
  fc.assert(fc.property(anyView, fc.integer({ min: 0, max: 255 }), (view, value) => {
    const image = paint(20, 14, () => [value, value, value]);
    const { data } = resample(image, view, [value, value, value]);
    assert.ok(data.every((sample) => sample === value));
  }));
});

Deno.test("resample() mirrors when flipped, and twice is not at all", () => {
  fc.assert(fc.property(anyView, (view) => {
    const straight = resample(pattern, { ...view, flip: false }, black);
    const mirrored = resample(pattern, { ...view, flip: true }, black);
    const back = resample(
      mirrored,
      { ...whole(mirrored, view.outWidth, view.outHeight), flip: true },
      black,
    );
    assert.deepEqual(back.data, straight.data);
  }));
});

Deno.test("resample() moves pixels where boxesToView() moves boxes", () => {
  const side = fc.integer({ min: 6, max: 20 });
  const place = fc.integer({ min: 5, max: 30 });
  fc.assert(
    fc.property(place, place, side, side, anyView, (x, y, width, height, drawn) => {
      const view = {
        ...drawn,
        x: drawn.x / 10,
        y: drawn.y / 10,
        outWidth: 200,
        outHeight: 160,
        width: 60,
        height: 60,
      };
      const image = paint(
        60,
        60,
        (px, py) => px >= x && px < x + width && py >= y && py < y + height ? [255, 0, 0] : black,
      );
      const { data } = resample(image, view, black);
      const found = [Infinity, Infinity, -Infinity, -Infinity];
      for (let py = 0; py < 160; py++) {
        for (let px = 0; px < 200; px++) {
          if (data[3 * (200 * py + px)]! < 128) continue;
          found[0] = Math.min(found[0]!, px);
          found[1] = Math.min(found[1]!, py);
          found[2] = Math.max(found[2]!, px + 1);
          found[3] = Math.max(found[3]!, py + 1);
        }
      }
      const expected = boxesToView(Float32Array.of(x, y, x + width, y + height), view);
      for (let k = 0; k < 4; k++) {
        const [edge, limit] = [expected[k]!, k % 2 ? 160 : 200];
        assert.ok(Math.abs(found[k]! - Math.min(Math.max(edge, 0), limit)) <= 1, `${k}: ${found}`);
      }
    }),
    { numRuns: 20 },
  );
});

Deno.test("resample() refuses an empty or endless view and pixels that do not fit", () => {
  const view = whole(pattern, 4, 4);
  for (
    const wrong of [{ width: 0 }, { height: -1 }, { outWidth: 1.5 }, { outHeight: 0 }, { x: NaN }]
  ) {
    assert.throws(() => resample(pattern, { ...view, ...wrong }, black), RangeError);
  }
  assert.throws(() => resample({ ...pattern, width: 12 }, view, black), TypeError);
});

Deno.test("downscale() cuts the long side, keeps the aspect, never enlarges", () => {
  const { width, height } = downscale(paint(40, 30, () => black), 20);
  assert.deepEqual([width, height], [20, 15]);
  assert.equal(downscale(pattern, 13), pattern);
  assert.equal(downscale(pattern, 1000), pattern);
  const line = downscale(paint(300, 1, () => black), 10);
  assert.deepEqual([line.width, line.height], [10, 1]);
  assert.throws(() => downscale(pattern, 0), RangeError);
});
