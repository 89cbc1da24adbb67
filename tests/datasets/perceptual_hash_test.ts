// dHash by hand, and that it bears what it should.
import assert from "node:assert/strict";
import fc from "fast-check";
import { dHash, nearPairs } from "../../lib/datasets/perceptual_hash.ts";
import { wholeView } from "../../lib/geometry/view.ts";
import type { Image } from "../../lib/image/image.ts";
import { resample } from "../../lib/image/resample.ts";
import { Random } from "../../lib/numbers/random.ts";

function picture(width: number, height: number, grey: (x: number, y: number) => number): Image {
  const data = new Uint8Array(3 * width * height);
  for (let k = 0; k < width * height; k++) {
    data.fill(grey(k % width, Math.floor(k / width)), 3 * k, 3 * k + 3);
  }
  return { width, height, data };
}

Deno.test("dHash() sets a bit where the right neighbour is brighter", () => {
  assert.equal(dHash(picture(9, 8, (x) => 20 * x)), 0xffffffffffffffffn);
  assert.equal(dHash(picture(9, 8, (x) => 200 - 20 * x)), 0n);
  assert.equal(dHash(picture(9, 8, () => 77)), 0n);
  // Only the first pair of the first row, and the last of the last.
  const corners = picture(9, 8, (x, y) => y === 0 && x > 0 || y === 7 && x === 8 ? 9 : 0);
  assert.equal(dHash(corners), 0x8000000000000001n);
});

Deno.test("dHash() stays when a photo is enlarged, brightened and made a bit noisy", () => {
  const random = new Random([3]);
  const blobs = Array.from({ length: 72 }, () => random.integer(200));
  const small = picture(9, 8, (x, y) => blobs[9 * y + x]!);
  const photo = resample(small, wholeView(small, { width: 360, height: 320 }), [0, 0, 0]);
  const other = resample(photo, wholeView(photo, { width: 120, height: 90 }), [0, 0, 0]);
  const noisy = {
    ...other,
    data: other.data.map((value) => value + 20 + random.integer(5)),
  };
  const [pair] = nearPairs([dHash(photo), dHash(noisy)], 64);
  assert.ok(pair!.distance <= 3, `${pair!.distance} bits differ`);
});

Deno.test("nearPairs() finds all pairs within a distance", () => {
  const hash = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  const flips = fc.array(fc.integer({ min: 0, max: 63 }), { maxLength: 8 });
  fc.assert(
    fc.property(hash, fc.array(flips, { maxLength: 6 }), fc.nat(8), (base, changes, most) => {
      const hashes = changes.map((bits) => bits.reduce((h, bit) => h ^ 1n << BigInt(bit), base));
      const bits = (value: bigint) => value.toString(2).replaceAll("0", "").length;
      const expected = hashes.flatMap((a, i) =>
        hashes.slice(i + 1).map((b, k) => ({ i, j: i + 1 + k, distance: bits(a ^ b) }))
      ).filter(({ distance }) => distance <= most);
      assert.deepEqual(nearPairs(hashes, most), expected);
    }),
  );
});
