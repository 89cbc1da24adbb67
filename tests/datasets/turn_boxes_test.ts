// EXIF's orientation in files and in boxes, against the native decoder and real pixels.
import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeImage } from "../../lib/codec/decode.ts";
import { encodeJpeg } from "../../lib/codec/encode.ts";
import { photoHeader } from "../../lib/datasets/photo_file.ts";
import { turnBoxes } from "../../lib/datasets/turn_boxes.ts";
import { withOrientation } from "../codec/exif_support.ts";

const WIDTH = 48, HEIGHT = 32, BOX = [8, 16, 24, 24] as const;

/** A black photo with a white box. */
function photo(): Uint8Array {
  const data = new Uint8Array(3 * WIDTH * HEIGHT);
  for (let y = BOX[1]; y < BOX[3]; y++) {
    data.fill(255, 3 * (y * WIDTH + BOX[0]), 3 * (y * WIDTH + BOX[2]));
  }
  return encodeJpeg({ width: WIDTH, height: HEIGHT, data });
}

Deno.test("turnBoxes() follows the pixels through every orientation", async () => {
  const jpeg = photo();
  for (let orientation = 1; orientation <= 8; orientation++) {
    const bytes = withOrientation(jpeg, orientation), header = photoHeader(bytes);
    assert.equal(header.orientation, orientation);
    assert.deepEqual(header.stored, { width: WIDTH, height: HEIGHT });
    const image = await decodeImage(bytes, { orientation: "upright" });
    assert.deepEqual(header.upright, { width: image.width, height: image.height });
    const [x1, y1, x2, y2] = turnBoxes(Float32Array.from(BOX), header, "stored", "upright");
    for (let y = 0; y < image.height; y++) {
      for (let x = 0; x < image.width; x++) {
        const isInside = x >= x1! && x < x2! && y >= y1! && y < y2!;
        assert.equal(image.data[3 * (y * image.width + x)]! > 127, isInside, `${orientation}`);
      }
    }
  }
});

Deno.test("turnBoxes() goes back", () => {
  const value = fc.integer({ min: 0, max: 30 });
  fc.assert(fc.property(fc.integer({ min: 1, max: 8 }), value, value, (orientation, x, y) => {
    const stored = { width: 60, height: 40 };
    const upright = orientation < 5 ? stored : { width: 40, height: 60 };
    const header = { stored, upright, orientation }, boxes = Float32Array.of(x, y, x + 5, y + 3);
    const turned = turnBoxes(boxes, header, "stored", "upright");
    assert.deepEqual(turnBoxes(turned, header, "upright", "stored"), boxes);
    assert.deepEqual(turnBoxes(boxes, header, "upright", "upright"), boxes);
  }));
});

Deno.test("photoHeader() refuses what is no image, and bears a torn EXIF block", () => {
  assert.throws(() => photoHeader(new Uint8Array(3)), { code: "not_an_image" });
  const torn = withOrientation(photo(), 6);
  torn.set([0xff, 0xff, 0xff, 0xff], torn.indexOf(0x2a) + 1); // where the directory lies
  assert.equal(photoHeader(torn).orientation, 1);
});
