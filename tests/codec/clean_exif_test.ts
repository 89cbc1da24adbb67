import assert from "node:assert/strict";
import fc from "fast-check";
import { cleanExif } from "../../lib/codec/clean_exif.ts";
import { decodeImage } from "../../lib/codec/decode.ts";
import { encodeJpeg, encodePng } from "../../lib/codec/encode.ts";
import { type ExifFormat, exifOf, withExif } from "../../lib/codec/exif.ts";
import { type TiffDirectory, writeTiff } from "../../lib/codec/tiff_directory.ts";
import { crc32 } from "../../lib/numbers/crc32.ts";
import { withOrientation } from "./exif_support.ts";

const IMAGES = new URL("../fixtures/images/", import.meta.url);
const SIZE = { width: 12, height: 16 };

async function exifIn(name: string, format: ExifFormat): Promise<Uint8Array> {
  return exifOf(await Deno.readFile(new URL(name, IMAGES)), format)!;
}

const latin1 = (bytes: Uint8Array) => new TextDecoder("latin1").decode(bytes);

/** The values of a directory by tag: numbers of the types SHORT and LONG, else bytes. */
function valuesAt(tiff: Uint8Array, offset: number): Map<number, number> {
  const view = new DataView(tiff.buffer, tiff.byteOffset), values = new Map<number, number>();
  for (let at = offset + 2, n = view.getUint16(offset); n > 0; n--, at += 12) {
    values.set(
      view.getUint16(at),
      view.getUint16(at + 2) === 3 ? view.getUint16(at + 8) : view.getUint32(at + 8),
    );
  }
  return values;
}

Deno.test("cleanExif() keeps camera, date and place of what ExifTool wrote, and no picture", async () => {
  const exif = await exifIn("metadata.jpg", "JPEG"), cleaned = cleanExif(exif, SIZE)!;
  for (const text of ["Maker", "Camera 7", "2024:05:06 07:08:09", "Someone"]) {
    assert.ok(latin1(exif).includes(text) && latin1(cleaned).includes(text), text);
  }
  for (const text of ["\xff\xd8\xff", "JFIF", "xxxxxxxx"]) {
    assert.ok(latin1(exif).includes(text) && !latin1(cleaned).includes(text), text);
  }
  const view = new DataView(cleaned.buffer), root = valuesAt(cleaned, view.getUint32(4));
  const rootEnd = view.getUint32(4) + 2 + 12 * view.getUint16(view.getUint32(4));
  assert.equal(view.getUint32(rootEnd), 0, "no second directory, which is the thumbnail's");
  assert.equal(root.get(0x0112), 1, "upright");
  const inExif = valuesAt(cleaned, root.get(0x8769)!);
  assert.deepEqual([0xa001, 0xa002, 0xa003].map((tag) => inExif.get(tag)), [1, 12, 16]);
  const degrees = valuesAt(cleaned, root.get(0x8825)!).get(2)!;
  assert.deepEqual([view.getUint32(degrees), view.getUint32(degrees + 4)], [52, 1]);
});

Deno.test("cleanExif() gives the same again when there is nothing left to clean", async () => {
  for (const [name, format] of [["metadata.jpg", "JPEG"], ["metadata.png", "PNG"]] as const) {
    const once = cleanExif(await exifIn(name, format), SIZE)!;
    assert.deepEqual(cleanExif(once, SIZE), once);
  }
});

Deno.test("cleanExif() reads both byte orders and drops whatever may hold a picture", () => {
  const entry = (tag: number, bytes: number) => ({
    tag,
    type: 7,
    value: new Uint8Array(bytes).fill(0x41),
  });
  const exif: TiffDirectory = {
    entries: [entry(0x927c, 9), entry(0x9286, 1024), entry(0x9999, 1025), entry(0x0201, 4)],
    children: new Map(),
  };
  const root = { entries: [entry(0x02bc, 40)], children: new Map([[0x8769, exif]]) };
  for (const little of [false, true]) {
    const cleaned = cleanExif(writeTiff(root, little), SIZE)!;
    assert.equal(latin1(cleaned).match(/A/g)?.length, 1024);
  }
});

Deno.test("cleanExif() gives up on damaged data instead of failing", async () => {
  const exif = await exifIn("metadata.jpg", "JPEG");
  // As many entries as there can be, all about the same kilobyte: more than a file can hold.
  const bomb = new Uint8Array(8 + 2 + 12 * 5000 + 1024), view = new DataView(bomb.buffer);
  bomb.set([0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 5000 >> 8, 5000 & 255]);
  for (let at = 10; at < 10 + 12 * 5000; at += 12) {
    view.setUint32(at, 0x99990007);
    view.setUint32(at + 4, 1024);
    view.setUint32(at + 8, bomb.length - 1024);
  }
  assert.equal(cleanExif(bomb, SIZE), undefined);
  for (const bytes of [[], [1, 2, 3], [0x4d, 0x4d, 0, 42, 0, 0, 255, 255]]) {
    assert.equal(cleanExif(Uint8Array.from(bytes), SIZE), undefined);
  }
  fc.assert(fc.property(
    fc.array(fc.tuple(fc.nat(exif.length - 1), fc.nat(255)), { minLength: 1, maxLength: 30 }),
    fc.nat(exif.length),
    (changes, length) => {
      const damaged = exif.slice(0, length);
      for (const [at, value] of changes) damaged[at] = value;
      const cleaned = cleanExif(damaged, SIZE);
      assert.ok(cleaned === undefined || cleaned.length <= 65527);
    },
  ));
});

Deno.test("withExif() makes files that decoders read, with what exifOf() finds again", async () => {
  const image = { width: 9, height: 5, data: new Uint8Array(135).fill(50) };
  for (const [format, file] of [["JPEG", encodeJpeg(image)], ["PNG", encodePng(image)]] as const) {
    const tiff = cleanExif(await exifIn("metadata.jpg", "JPEG"), image)!;
    const joined = withExif(file, format, tiff);
    assert.deepEqual(exifOf(joined, format), tiff);
    assert.deepEqual(await decodeImage(joined), await decodeImage(file));
    assert.equal(exifOf(file, format), undefined);
  }
  assert.equal(exifOf(withOrientation(encodeJpeg(image), 6), "JPEG")?.length, 26);
  const long = new Uint8Array(65528);
  assert.throws(() => withExif(encodeJpeg(image), "JPEG", long), RangeError);
});

Deno.test("crc32() gives the check value that catalogues list for PNG's CRC", () => {
  assert.equal(crc32(new TextEncoder().encode("123456789")), 0xcbf43926);
});
