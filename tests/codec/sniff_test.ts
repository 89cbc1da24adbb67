import assert from "node:assert/strict";
import { sniffForeignFormat, sniffFormat, sniffSize } from "../../lib/codec/sniff.ts";

const FIXTURES = new URL("../fixtures/images/", import.meta.url);
const FORMATS = { jpg: "JPEG", png: "PNG", gif: "GIF", webp: "WebP", bmp: "BMP" } as const;

for (const { name } of Deno.readDirSync(FIXTURES)) {
  const format = FORMATS[name.split(".")[1] as keyof typeof FORMATS];
  if (format === undefined) continue;
  const isOther = /^(quarters|turned)/.test(name);
  const size = isOther ? { width: 32, height: 16 } : { width: 16, height: 12 };
  Deno.test(`sniffSize() reads the header of ${name}`, async () => {
    const bytes = await Deno.readFile(new URL(name, FIXTURES));
    assert.equal(sniffFormat(bytes), format);
    assert.deepEqual(sniffSize(bytes, format), size);
  });
  Deno.test(`sniffSize() knows no size of the first bytes of ${name}`, async () => {
    const bytes = await Deno.readFile(new URL(name, FIXTURES));
    assert.equal(sniffSize(bytes.subarray(0, format === "GIF" ? 7 : 16), format), undefined);
  });
}

Deno.test("sniffSize() reads the extended WebP header", () => {
  // 24-bit sides minus one, from the container specification: 0x012345 + 1 by 0x000a0b + 1.
  const bytes = new TextEncoder().encode("RIFF....WEBPVP8X........abcdef");
  bytes.set([0x45, 0x23, 0x01, 0x0b, 0x0a, 0x00], 24);
  assert.deepEqual(sniffSize(bytes, "WebP"), { width: 0x12346, height: 0xa0c });
});

Deno.test("sniffSize() reads BMP headers of rows from the top and of OS/2", () => {
  const bmp = new Uint8Array(54);
  const view = new DataView(bmp.buffer);
  view.setUint32(14, 40, true);
  view.setInt32(18, 7, true);
  view.setInt32(22, -5, true);
  assert.deepEqual(sniffSize(bmp, "BMP"), { width: 7, height: 5 });
  view.setUint32(14, 12, true);
  view.setUint16(18, 300, true);
  view.setUint16(20, 200, true);
  assert.deepEqual(sniffSize(bmp, "BMP"), { width: 300, height: 200 });
});

Deno.test("sniffSize() skips JPEG segments that look like frame headers inside", () => {
  const jpeg = Uint8Array.of(
    ...[0xff, 0xd8],
    ...[0xff, 0xe0, 0, 8, 0xff, 0xc0, 0, 17, 8, 0], // a segment whose payload looks like SOF0
    ...[0xff, 0xc4, 0, 3, 0], // DHT lies among the SOF markers
    ...[0xff, 0xff, 0xc2, 0, 8, 8, 0, 12, 0, 16, 3], // SOF2 after a fill byte
  );
  assert.deepEqual(sniffSize(jpeg, "JPEG"), { width: 16, height: 12 });
});

Deno.test("sniffFormat() does not take other files for images", () => {
  for (const text of ["", "hello", "<html>", "RIFF....WAVEfmt ", "\x89PNG"]) {
    assert.equal(sniffFormat(new TextEncoder().encode(text)), undefined);
  }
});

Deno.test("sniffForeignFormat() names the formats that cannot be decoded", () => {
  const heic = new TextEncoder().encode("\0\0\0\x18ftypheic\0\0\0\0");
  assert.equal(sniffForeignFormat(heic), "HEIC");
  assert.equal(sniffForeignFormat(new TextEncoder().encode("II*\0")), "TIFF");
  assert.equal(sniffForeignFormat(new TextEncoder().encode("hello")), undefined);
});
