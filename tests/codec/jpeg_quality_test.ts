import assert from "node:assert/strict";
import { encodeJpeg } from "../../lib/codec/encode.ts";
import { jpegQuality } from "../../lib/codec/jpeg_quality.ts";
import { encodePng } from "../../lib/codec/encode.ts";

const IMAGES = new URL("../fixtures/images/", import.meta.url);
const GREY = { width: 8, height: 8, data: new Uint8Array(192).fill(99) };

Deno.test("jpegQuality() reads off what libjpeg was told", async () => {
  const read = (name: string) => Deno.readFile(new URL(name, IMAGES));
  assert.equal(jpegQuality(await read("quality_20.jpg")), 20);
  // Pillow's, all four at one quality.
  for (const name of ["baseline", "progressive", "gray", "cmyk"]) {
    assert.equal(jpegQuality(await read(`${name}.jpg`)), 95, name);
  }
});

Deno.test("jpegQuality() reads off what our own encoder was told", () => {
  for (const quality of [1, 2, 10, 30, 49, 50, 51, 75, 82, 90, 99, 100]) {
    assert.equal(jpegQuality(encodeJpeg(GREY, quality)), quality);
  }
});

Deno.test("jpegQuality() does not guess without tables", () => {
  assert.equal(jpegQuality(encodePng(GREY)), undefined);
  assert.equal(jpegQuality(Uint8Array.of(0xff, 0xd8, 0xff, 0xd9)), undefined);
  assert.equal(jpegQuality(Uint8Array.of(0xff, 0xd8, 0xff, 0xdb, 0, 5, 0, 1, 2)), undefined);
});
