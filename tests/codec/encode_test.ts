import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeImage } from "../../lib/codec/decode.ts";
import { encodeJpeg, encodePng, encoderFor } from "../../lib/codec/encode.ts";
import { jpegWasm } from "../../lib/deps/imagescript.ts";
import type { Image } from "../../lib/image/image.ts";

function gradient(width: number, height: number, channels: 3 | 4): Image {
  const data = new Uint8Array(width * height * channels);
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / channels), c = i % channels;
    data[i] = c === 3 ? 255 : c === 0 ? 200 * (pixel % width) / width : 60 * c;
  }
  return { width, height, data };
}

function rgbOf({ width, height, data }: Image): Uint8Array {
  const channels = data.length / (width * height);
  return Uint8Array.from(data.filter((_, i) => i % channels < 3));
}

Deno.test("encodePng() keeps every pixel", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 12 }),
      fc.infiniteStream(fc.nat(255)),
      async (width, height, bytes) => {
        const data = Uint8Array.from({ length: 3 * width * height }, () => bytes.next().value!);
        const decoded = await decodeImage(encodePng({ width, height, data }));
        assert.deepEqual(decoded, { width, height, data });
      },
    ),
    { numRuns: 30 },
  );
});

Deno.test("encodePng() writes the pixels of a part of a larger buffer", async () => {
  const buffer = Uint8Array.from({ length: 36 }, (_, i) => i);
  const image = { width: 2, height: 2, data: buffer.subarray(12, 24) };
  assert.deepEqual((await decodeImage(encodePng(image))).data, image.data.slice());
});

for (const channels of [3, 4] as const) {
  Deno.test(`encodeJpeg() keeps the picture (${channels} channels)`, async () => {
    const image = gradient(40, 25, channels);
    const decoded = await decodeImage(encodeJpeg(image, 95));
    assert.deepEqual([decoded.width, decoded.height], [40, 25]);
    const original = rgbOf(image);
    const worst = Math.max(...original.map((value, i) => Math.abs(value - decoded.data[i]!)));
    assert.ok(worst <= 8, `a sample is ${worst} off`);
  });
}

Deno.test("encodeJpeg() makes smaller files at lower quality", () => {
  const image = gradient(200, 150, 3);
  const sizes = [30, 60, 90].map((quality) => encodeJpeg(image, quality).length);
  assert.ok(sizes[0]! < sizes[1]! && sizes[1]! < sizes[2]!, sizes.join());
});

Deno.test("encodeJpeg() gives its memory back", () => {
  const image = gradient(512, 512, 3);
  encodeJpeg(image);
  const before = jpegWasm.memory.buffer.byteLength;
  for (let i = 0; i < 10; i++) encodeJpeg(image);
  assert.equal(jpegWasm.memory.buffer.byteLength, before);
});

Deno.test("encodeJpeg() refuses a quality or a size that JPEG does not have", () => {
  assert.throws(() => encodeJpeg(gradient(4, 4, 3), 0), RangeError);
  assert.throws(() => encodeJpeg(gradient(4, 4, 3), NaN), RangeError);
  assert.throws(() => encodeJpeg(gradient(65536, 1, 3)), RangeError);
});

Deno.test("encoderFor() goes by the extension", () => {
  const image = gradient(4, 4, 3);
  assert.deepEqual([...encoderFor("a/b.PNG")!(image).slice(1, 4)], [0x50, 0x4e, 0x47]);
  for (const name of ["b.jpg", "c.d.jpeg"]) {
    assert.deepEqual([...encoderFor(name)!(image).slice(0, 2)], [0xff, 0xd8]);
  }
  for (const name of ["b.gif", "png", "a.jpg/b"]) assert.equal(encoderFor(name), undefined);
});
