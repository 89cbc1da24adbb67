import assert from "node:assert/strict";
import { drawBoxes } from "../../lib/image/draw.ts";
import { glyph } from "../../lib/image/font.ts";
import type { Image } from "../../lib/image/image.ts";
import { onWhite } from "../../lib/image/on_white.ts";

const GRAY = "127,127,127";
const COLOR = [255, 0, 9] as const;

function gray(width: number, height: number): Image {
  return { width, height, data: new Uint8Array(width * height * 3).fill(127) };
}

function pixel({ width, data }: Image, x: number, y: number): string {
  const p = 3 * (y * width + x);
  return data.slice(p, p + 3).join();
}

/** Rows of text, one character a pixel: `.` untouched, `#` of the colour, `o` anything else. */
function picture(image: Image): string[] {
  return Array.from(
    { length: image.height },
    (_, y) =>
      Array.from({ length: image.width }, (_, x) => {
        const found = pixel(image, x, y);
        return found === GRAY ? "." : found === COLOR.join() ? "#" : "o";
      }).join(""),
  );
}

Deno.test("drawBoxes() outlines a box two pixels wide along its inner side", () => {
  const drawn = drawBoxes(gray(10, 8), Float32Array.of(1, 1, 9, 7), { color: COLOR });
  assert.deepEqual(picture(drawn), [
    "..........",
    ".########.",
    ".########.",
    ".##....##.",
    ".##....##.",
    ".########.",
    ".########.",
    "..........",
  ]);
});

Deno.test("drawBoxes() cuts boxes at the image's edge and leaves the image as it was", () => {
  const image = gray(6, 4);
  const drawn = drawBoxes(image, Float32Array.of(-5, -5, 3, 20), { color: COLOR });
  assert.deepEqual(picture(drawn), [".##...", ".##...", ".##...", ".##..."]);
  assert.deepEqual(new Set(image.data), new Set([127]));
});

Deno.test("drawBoxes() draws wider lines on larger images", () => {
  const width = 4000;
  const drawn = drawBoxes(gray(width, 40), Float32Array.of(100, 0, 200, 40), { color: COLOR });
  const row = picture(drawn)[20]!;
  assert.equal(row.slice(90, 120), "..........##########..........");
});

Deno.test("drawBoxes() writes a label on a plate above the box", () => {
  const drawn = drawBoxes(gray(30, 40), Float32Array.of(4, 20, 26, 38), {
    color: COLOR,
    labels: ["1"],
  });
  // "1" of the 5x7 font, white on the plate, two pixels of margin around it.
  assert.deepEqual(picture(drawn).slice(8, 21).map((row) => row.slice(3, 14)), [
    "...........",
    ".#########.",
    ".#########.",
    ".####o####.",
    ".###oo####.",
    ".####o####.",
    ".####o####.",
    ".####o####.",
    ".####o####.",
    ".###ooo###.",
    ".#########.",
    ".#########.",
    ".##########",
  ]);
});

Deno.test("drawBoxes() keeps labels and the note inside the image", () => {
  const drawn = drawBoxes(gray(60, 30), Float32Array.of(50, 2, 59, 28), {
    color: COLOR,
    labels: ["abc"],
  });
  const plate = picture(drawn)[0]!;
  assert.equal(plate, ".".repeat(39) + "#".repeat(21));
  const noted = drawBoxes(gray(60, 30), new Float32Array(), { color: COLOR, note: "T" });
  assert.equal(picture(noted)[0], "#".repeat(9) + ".".repeat(51));
});

Deno.test("drawBoxes() draws no plate for an empty label", () => {
  const box = Float32Array.of(4, 20, 26, 38);
  assert.deepEqual(drawBoxes(gray(30, 40), box, { labels: [""] }), drawBoxes(gray(30, 40), box));
});

Deno.test("glyph() has the letters of ASCII and a question mark for all others", () => {
  assert.deepEqual(glyph("I"), [0x00, 0x41, 0x7f, 0x41, 0x00]);
  assert.deepEqual(glyph("~"), [0x02, 0x01, 0x02, 0x04, 0x02]);
  assert.deepEqual(glyph("é"), glyph("?"));
  assert.deepEqual(glyph("\n"), glyph("?"));
  const letters = Array.from({ length: 95 }, (_, i) => glyph(String.fromCharCode(32 + i)).join());
  assert.equal(new Set(letters).size, 95);
});

Deno.test("onWhite() lays transparency on white and leaves RGB images alone", () => {
  const data = Uint8Array.of(200, 100, 0, 255, 200, 100, 0, 0, 200, 100, 0, 51);
  const laid = onWhite({ width: 3, height: 1, data });
  // 51/255 = 1/5 of the colour, 4/5 of white
  assert.deepEqual([...laid.data], [200, 100, 0, 255, 255, 255, 244, 224, 204]);
  assert.equal(onWhite(laid), laid);
});
