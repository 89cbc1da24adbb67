import assert from "node:assert/strict";
import fc from "fast-check";
import { isReadableBmp, readBmp } from "../../lib/codec/bmp_pixels.ts";
import {
  decodeImage,
  ImageDecodeError,
  type ImageDecodeErrorCode,
} from "../../lib/codec/decode.ts";
import { decodePhoto } from "../../lib/codec/decode_photo.ts";
import { encodeJpeg, encodePng } from "../../lib/codec/encode.ts";
import { withExif } from "../../lib/codec/exif.ts";
import { readPng } from "../../lib/codec/png_pixels.ts";
import type { Image } from "../../lib/image/image.ts";
import { orientationTiff, webpWithOrientation, withOrientation } from "./exif_support.ts";

const WIDTH = 16, HEIGHT = 12;
type Color = readonly [number, number, number];

function fixture(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return Deno.readFile(new URL(`../fixtures/images/${name}`, import.meta.url));
}

/** The picture that all fixtures show. */
const color = (x: number, y: number): Color => [16 * x, 20 * y, 128];
/** Its luma, ITU-R 601. */
function gray(x: number, y: number): Color {
  const luma = 0.299 * 16 * x + 0.587 * 20 * y + 0.114 * 128;
  return [luma, luma, luma];
}
/** Seen at an opacity of 51/255 = 1/5 on white. */
const pale = ([r, g, b]: Color): Color => [r / 5 + 204, g / 5 + 204, b / 5 + 204];

function assertShows(image: Image, expected: (x: number, y: number) => Color, tolerance: number) {
  assert.deepEqual([image.width, image.height, image.data.length], [
    WIDTH,
    HEIGHT,
    3 * WIDTH * HEIGHT,
  ]);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      for (const [c, value] of expected(x, y).entries()) {
        const found = image.data[3 * (y * WIDTH + x) + c]!;
        assert.ok(
          Math.abs(found - value) <= tolerance,
          `channel ${c} at ${x},${y} is ${found}, expected ${value}`,
        );
      }
    }
  }
}

// Tolerance: 0 where the file is lossless, 1 for rounding, more for what the compression costs
// (Pillow's own decoder is up to 3 off on these JPEG files and 12 on the lossy WebP).
const FIXTURES: readonly (readonly [string, (x: number, y: number) => Color, number])[] = [
  ["baseline.jpg", color, 5],
  ["progressive.jpg", color, 5],
  ["cmyk.jpg", color, 5],
  ["gray.jpg", gray, 3],
  ["plain.png", color, 0],
  ["interlaced.png", color, 0],
  ["sixteen_bit.png", color, 0],
  ["palette.png", color, 0],
  ["gray.png", gray, 1],
  ["alpha.png", (x, y) => pale(color(x, y)), 1],
  ["gray_alpha.png", (x, y) => pale(gray(x, y)), 1],
  ["plain.gif", color, 0],
  ["plain.bmp", color, 0],
  ["lossless.webp", color, 0],
  ["alpha.webp", (x, y) => pale(color(x, y)), 1],
  ["lossy.webp", color, 16],
];

/** What every decoder of photos has to do. */
function testDecoder(decode: typeof decodeImage): void {
  for (const [name, expected, tolerance] of FIXTURES) {
    Deno.test(`${decode.name}() decodes ${name}`, async () => {
      assertShows(await decode(await fixture(name)), expected, tolerance);
    });
  }

  // Rows are top left, top right, bottom left, bottom right of the upright picture, when the stored
  // one is Red, Green, Blue, White. From the EXIF 2.3 definition: "the 0th row is at the visual … of
  // the image, and the 0th column is the visual …": top/left, top/right, bottom/right, bottom/left,
  // left/top, right/top, right/bottom, left/bottom.
  const UPRIGHT = ["RGBW", "GRWB", "WBGR", "BWRG", "RBGW", "BRWG", "WGBR", "GWRB"];
  const COLORS: Readonly<Record<string, Color>> = {
    R: [255, 0, 0],
    G: [0, 255, 0],
    B: [0, 0, 255],
    W: [255, 255, 255],
  };

  /** 32×16 pixels in four quarters: red and green above blue and white. */
  function quarters(): Image {
    const data: number[] = [];
    for (let y = 0; y < 16; y++) {
      for (let x = 0; x < 32; x++) {
        data.push(...COLORS["RGBW"[(y < 8 ? 0 : 2) + (x < 16 ? 0 : 1)]!]!);
      }
    }
    return { width: 32, height: 16, data: Uint8Array.from(data) };
  }

  /** The letters of the colours nearest to those in the middle of each quarter. */
  function quarterLetters({ width, height, data }: Image): string {
    const places = [[1, 1], [3, 1], [1, 3], [3, 3]] as const;
    return places.map(([x, y]) => {
      const p = 3 * (Math.floor(height * y / 4) * width + Math.floor(width * x / 4));
      const near = (letter: string) =>
        COLORS[letter]!.every((v, c) => Math.abs(data[p + c]! - v) < 40);
      return Object.keys(COLORS).find(near) ?? "?";
    }).join("");
  }

  const TURNABLE: readonly (readonly [string, (orientation: number) => Promise<Image[]>])[] = [
    ["JPEG", (orientation) => decodeBoth(withOrientation(encodeJpeg(quarters(), 95), orientation))],
    ["PNG", (orientation) => {
      const tiff = orientationTiff(orientation);
      return decodeBoth(withExif(encodePng(quarters()), "PNG", tiff));
    }],
    ["WebP", async (orientation) => {
      // Pillow wrote this one: quarters(), lossless.
      const webp = await fixture("quarters.webp");
      return decodeBoth(webpWithOrientation(webp, { width: 32, height: 16 }, orientation));
    }],
  ];

  // Written by exiftool 12.57, which appends the PNG's chunk behind the pixels.
  for (const name of ["turned.png", "turned.webp"]) {
    Deno.test(`${decode.name}() turns ${name} upright`, async () => {
      const image = await decode(await fixture(name));
      assert.deepEqual([image.width, image.height, quarterLetters(image)], [16, 32, "BRWG"]);
    });
  }

  function decodeBoth(bytes: Uint8Array<ArrayBuffer>): Promise<Image[]> {
    return Promise.all([decode(bytes), decode(bytes, { orientation: "stored" })]);
  }

  for (const [format, decode] of TURNABLE) {
    for (const [i, letters] of UPRIGHT.entries()) {
      const orientation = i + 1;
      Deno.test(`${decode.name}() turns a ${format} of EXIF orientation ${orientation} upright`, async () => {
        const [upright, stored] = await decode(orientation) as [Image, Image];
        assert.equal(quarterLetters(upright), letters);
        assert.deepEqual([upright.width, upright.height], orientation < 5 ? [32, 16] : [16, 32]);
        assert.equal(quarterLetters(stored), "RGBW");
        assert.deepEqual([stored.width, stored.height], [32, 16]);
      });
    }
  }

  async function codeOf(bytes: Uint8Array<ArrayBuffer>, maxPixels?: number): Promise<string> {
    try {
      await decode(bytes, maxPixels === undefined ? {} : { maxPixels });
      return "decoded";
    } catch (error) {
      assert.ok(error instanceof ImageDecodeError, String(error));
      assert.match(error.message, /^Cannot decode the image: [^\n]+[^.\n]$/);
      return error.code;
    }
  }

  for (const [name] of FIXTURES) {
    Deno.test(`${decode.name}() refuses ${name} when its end is missing`, async () => {
      const bytes = await fixture(name);
      const expected: ImageDecodeErrorCode = /gif|bmp/.test(name) ? "corrupt" : "truncated";
      for (const part of [0.97, 0.6, 0.3]) {
        const code = await codeOf(bytes.slice(0, Math.floor(bytes.length * part)));
        assert.ok(code === expected || code === "truncated", `${part}: ${code}`);
      }
    });
  }

  Deno.test(`${decode.name}() takes a JPEG with data after its end`, async () => {
    const bytes = await fixture("baseline.jpg");
    assert.equal(await codeOf(Uint8Array.of(...bytes, 1, 2, 3, 0xff)), "decoded");
  });

  Deno.test(`${decode.name}() tells what is no image from what it cannot decode`, async () => {
    const text = (value: string) => new TextEncoder().encode(value);
    assert.equal(await codeOf(text("")), "not_an_image");
    assert.equal(await codeOf(text("hello, I am a text named photo.jpg")), "not_an_image");
    assert.equal(await codeOf(text("\0\0\0\x18ftypheic\0\0\0\0mif1heic")), "unsupported");
  });

  /** A PNG header of this size in front of the rest of a small PNG. */
  async function pngClaiming(width: number, height: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await fixture("plain.png");
    const view = new DataView(bytes.buffer);
    view.setUint32(16, width);
    view.setUint32(20, height);
    return bytes;
  }

  Deno.test(`${decode.name}() refuses a decompression bomb by its header`, async () => {
    assert.equal(await codeOf(await pngClaiming(20_000, 20_000)), "too_large");
    assert.equal(await codeOf(await fixture("plain.png"), WIDTH * HEIGHT - 1), "too_large");
    assert.equal(await codeOf(await fixture("plain.png"), WIDTH * HEIGHT), "decoded");
  });

  Deno.test(`${decode.name}() refuses a size of nothing and data that do not fit the header`, async () => {
    assert.equal(await codeOf(await pngClaiming(0, 12)), "corrupt");
    assert.equal(await codeOf(await pngClaiming(16, 13)), "corrupt");
  });

  Deno.test(`${decode.name}() throws nothing but ImageDecodeError on damaged files`, async () => {
    const files = await Promise.all(FIXTURES.map(([name]) => fixture(name)));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...files),
        fc.infiniteStream(fc.nat()),
        async (file, random) => {
          const damaged = file.slice();
          for (let i = 0; i < 4; i++) {
            damaged[random.next().value! % file.length] = random.next().value! % 256;
          }
          await codeOf(damaged, 1_000_000);
        },
      ),
      { numRuns: 200 },
    );
  });
}

testDecoder(decodeImage);
testDecoder(decodePhoto);

/** What the canvas writes for an image file, as decode() asks it to. */
async function canvasFile(name: string, type: string): Promise<Blob> {
  const bitmap = await createImageBitmap(new Blob([await fixture(name)]));
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext("bitmaprenderer")!.transferFromImageBitmap(bitmap);
  const blob = await canvas.convertToBlob({ type });
  assert.equal(blob.type, type, "the canvas does not write this type (any more)");
  return blob;
}

/** What {@linkcode readPng} reads of what the canvas writes. */
async function viaPng(name: string): Promise<Image> {
  return await readPng(new Uint8Array(await (await canvasFile(name, "image/png")).arrayBuffer()));
}

Deno.test("readBmp() reads what the canvas writes, so the quick way is still there", async () => {
  for (const name of ["baseline.jpg", "plain.png", "alpha.png"]) {
    const file = await canvasFile(name, "image/bmp");
    assert.ok(await isReadableBmp(file), name);
    assert.deepEqual(await readBmp(file), await viaPng(name), name);
  }
});

Deno.test("isReadableBmp() leaves gray bitmaps, whose alpha BMP would lose, to readPng()", async () => {
  assert.equal(await isReadableBmp(await canvasFile("gray_alpha.png", "image/bmp")), false);
  const { data } = await viaPng("gray_alpha.png");
  assert.equal(data.length, 4 * WIDTH * HEIGHT);
  assert.equal(data[3], 51);
});

Deno.test("readPng() undoes all five filters", async () => {
  // 3 pixels wide, gray, five rows of 10 20 30 each, filtered by hand.
  const rows = [
    [0, 10, 20, 30], // none
    [1, 10, 10, 10], // sub: minus the left one
    [2, 0, 0, 0], // up: minus the one above
    [3, 5, 5, 5], // average: 10 − ⌊(0+10)/2⌋, 20 − ⌊(10+20)/2⌋, 30 − ⌊(20+30)/2⌋
    [4, 0, 0, 0], // Paeth: predicts the one above exactly
  ];
  const png = encodePng({ width: 3, height: 5, data: new Uint8Array(45) });
  const packed = new Uint8Array(
    await new Response(
      new Blob([Uint8Array.from(rows.flat())]).stream().pipeThrough(
        new CompressionStream("deflate"),
      ),
    ).arrayBuffer(),
  );
  const bytes = new Uint8Array(41 + packed.length + 4 + 12);
  bytes.set(png.subarray(0, 41));
  bytes[25] = 0; // gray
  new DataView(bytes.buffer).setUint32(33, packed.length);
  bytes.set(packed, 41);
  const { data } = await readPng(bytes);
  const expected = [10, 10, 10, 20, 20, 20, 30, 30, 30];
  assert.deepEqual([...data], Array.from({ length: 5 }, () => expected).flat());
});

Deno.test("decodeImage() reads a large photo whole, whose file is copied in strips", async () => {
  const width = 1501, height = 1503;
  const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * 2654435761) >>> 13);
  const image = { width, height, data };
  assert.deepEqual(await decodeImage(encodePng(image)), image);
});

/** Runs something as it would run where there is no `createImageBitmap`: Node.js, Bun, Workers. */
async function withoutNativeDecoder(body: () => Promise<void>): Promise<void> {
  const native = globalThis.createImageBitmap;
  try {
    Object.assign(globalThis, { createImageBitmap: undefined });
    await body();
  } finally {
    globalThis.createImageBitmap = native;
  }
}

Deno.test("decodeImage() reads PNG without a native decoder, and says what it cannot read", async () => {
  const image = { width: 3, height: 2, data: Uint8Array.from({ length: 18 }, (_, i) => 14 * i) };
  const png = encodePng(image);
  const palette = png.slice(), interlaced = png.slice();
  palette[25] = 3;
  interlaced[28] = 1;
  const jpeg = encodeJpeg(image);
  const reason =
    /this runtime has no image decoder \(createImageBitmap\); give the pixels instead$/;
  await withoutNativeDecoder(async () => {
    assert.deepEqual(await decodeImage(png), image);
    for (const file of [jpeg, palette, interlaced]) {
      const refusal = { name: "ImageDecodeError", code: "unsupported", message: reason };
      await assert.rejects(decodeImage(file), refusal);
    }
    const damaged = png.slice().fill(0, 45, 50);
    await assert.rejects(decodeImage(damaged), { name: "ImageDecodeError", code: "corrupt" });
  });
  assert.equal((await decodeImage(jpeg)).width, 3);
});
