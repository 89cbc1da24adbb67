import assert from "node:assert/strict";
import type { Face } from "../../lib/detector/detector.ts";
import {
  detectByProtocol,
  INPUT_PROTOCOLS,
  type InputProtocol,
} from "../../lib/evaluation/input_protocol.ts";
import type { Image, Size } from "../../lib/image/image.ts";
import { assertAllClose, assertClose } from "../_support/close.ts";

const MERGE = { iouThreshold: 0.45 };

const sizesOf = (name: keyof typeof INPUT_PROTOCOLS, photo: Size) =>
  INPUT_PROTOCOLS[name].looks(photo).map(({ width, height }) => [width, height]);

Deno.test("INPUT_PROTOCOLS show photos at the published sizes", () => {
  const wide = { width: 1024, height: 768 }, tall = { width: 1000, height: 4000 };
  assert.deepEqual(sizesOf("original", wide), [[1024, 768]]);
  assert.deepEqual(sizesOf("vga", wide), [[640, 480]]);
  assert.deepEqual(sizesOf("vga", tall), [[160, 640]]);
  assert.deepEqual(sizesOf("1100x1650", wide), [[1467, 1100]]);
  assert.deepEqual(sizesOf("1100x1650", tall), [[413, 1650]]);
  const shorts = [500, 500, 800, 800, 1100, 1100, 1400, 1400, 1700, 1700];
  assert.deepEqual(sizesOf("tta", wide).map(([, height]) => height), shorts);
  assert.deepEqual(
    INPUT_PROTOCOLS.tta.looks(tall).map(({ flip }) => flip),
    shorts.map((_, i) => i % 2 === 1),
  );
});

/** A black photo with a white rectangle. */
function photo(size: Size, [x1, y1, x2, y2]: readonly [number, number, number, number]): Image {
  const data = new Uint8Array(3 * size.width * size.height);
  for (let y = y1; y < y2; y++) {
    data.fill(255, 3 * (y * size.width + x1), 3 * (y * size.width + x2));
  }
  return { ...size, data };
}

/** Finds the rectangle by looking, to the pixel. */
function findWhite({ width, height, data }: Image): Promise<Face[]> {
  let [x1, y1, x2, y2] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[3 * (y * width + x)]! < 128) continue;
      [x1, y1, x2, y2] = [
        Math.min(x1, x),
        Math.min(y1, y),
        Math.max(x2, x + 1),
        Math.max(y2, y + 1),
      ];
    }
  }
  return Promise.resolve([{ box: { x: x1, y: y1, width: x2 - x1, height: y2 - y1 }, score: 0.9 }]);
}

Deno.test("detectByProtocol() gives boxes in pixels of the photo, whatever was looked at", async () => {
  const image = photo({ width: 80, height: 60 }, [20, 12, 44, 42]);
  const looks = (...list: [width: number, height: number, flip: boolean][]): InputProtocol => ({
    summary: "",
    looks: () => list.map(([width, height, flip]) => ({ width, height, flip })),
  });
  const protocols = [
    looks([80, 60, false]),
    looks([80, 60, true]),
    looks([40, 30, false]),
    looks([160, 120, true]),
    looks([80, 60, false], [80, 60, true], [160, 120, false], [160, 120, true]),
  ];
  for (const protocol of protocols) {
    const faces = await detectByProtocol(image, protocol, findWhite, MERGE);
    assert.equal(faces.length, 1);
    const { x, y, width, height } = faces[0]!.box;
    assertAllClose([x, y, width, height], [20, 12, 24, 30], { atol: 1e-4 });
    assertClose(faces[0]!.score, 0.9);
  }
});

Deno.test("detectByProtocol() hands the photo on untouched when its size is right", async () => {
  const image = photo({ width: 8, height: 6 }, [2, 2, 4, 4]);
  await detectByProtocol(image, INPUT_PROTOCOLS.original, (seen) => {
    assert.equal(seen, image);
    return Promise.resolve([]);
  }, MERGE);
});
