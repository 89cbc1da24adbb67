// The bundles' own JPEG decoder beside the runtime's.
import assert from "node:assert/strict";
import { decodeJpegAlone } from "../../lib/bundle/jpeg_alone.ts";
import { decodeImage } from "../../lib/codec/decode.ts";
import { withOrientation } from "../codec/exif_support.ts";

const FIXTURES = new URL("../fixtures/images/", import.meta.url);
const SAMPLE = new URL("../../data/samples/sample6.jpg", import.meta.url);

/** Largest and mean difference of two pictures. */
function difference(a: ArrayLike<number>, b: ArrayLike<number>): { most: number; mean: number } {
  const apart = Array.from(a, (value, i) => Math.abs(value - b[i]!));
  return { most: Math.max(0, ...apart), mean: apart.reduce((x, y) => x + y, 0) / apart.length };
}

for (const name of ["baseline.jpg", "progressive.jpg", "gray.jpg", "cmyk.jpg"]) {
  Deno.test(`decodeJpegAlone() decodes ${name} as the runtime does`, async () => {
    const bytes = await Deno.readFile(new URL(name, FIXTURES));
    const expected = await decodeImage(bytes), actual = decodeJpegAlone(bytes);
    assert.deepEqual([actual.width, actual.height], [expected.width, expected.height]);
    assert.ok(difference(actual.data, expected.data).most <= 8);
  });
}

Deno.test("decodeJpegAlone() decodes a photo, whatever way it is stored", async () => {
  const bytes = await Deno.readFile(SAMPLE);
  for (const orientation of [1, 3, 6, 7]) {
    const turned = withOrientation(bytes, orientation);
    const expected = await decodeImage(turned), actual = decodeJpegAlone(turned);
    assert.deepEqual([actual.width, actual.height], [expected.width, expected.height]);
    const step = 97; // a hundredth of the numbers tells enough
    const some = ({ data }: { data: ArrayLike<number> }) =>
      Array.from({ length: Math.floor(data.length / step) }, (_, i) => data[i * step]!);
    assert.ok(difference(some(actual), some(expected)).mean < 1.5);
  }
});
