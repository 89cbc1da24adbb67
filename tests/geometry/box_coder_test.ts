import fc from "fast-check";
import { decodeDeltas, encodeDeltas } from "../../lib/geometry/box_coder.ts";
import { assertAllClose } from "../_support/close.ts";

const box = fc.tuple(
  fc.double({ min: -100, max: 700, noNaN: true }),
  fc.double({ min: -100, max: 700, noNaN: true }),
  fc.double({ min: 1, max: 400, noNaN: true }),
  fc.double({ min: 1, max: 400, noNaN: true }),
).map(([x, y, w, h]) => [x, y, x + w, y + h]);

Deno.test("encodeDeltas() gives shifts in anchor sides and logarithms, over the deviations", () => {
  const anchor = Float32Array.of(10, 20, 30, 60); // centre 20, 40; 20 by 40
  const face = Float32Array.of(20, 40, 40, 60); // centre 30, 50; 20 by 20
  assertAllClose([...encodeDeltas(face, anchor)], [5, 2.5, 0, Math.log(0.5) / 0.2], { atol: 1e-5 });
});

Deno.test("decodeDeltas() undoes encodeDeltas()", () => {
  fc.assert(fc.property(box, box, (face, anchor) => {
    // beyond a ratio of 1000 / 16 the decoder clamps
    const ratio = (i: number) => (face[i + 2]! - face[i]!) / (anchor[i + 2]! - anchor[i]!);
    fc.pre([0, 1].every((i) => Math.abs(Math.log(ratio(i))) < Math.log(60)));
    const faces = Float32Array.from(face), anchors = Float32Array.from(anchor);
    assertAllClose([...decodeDeltas(encodeDeltas(faces, anchors), anchors)], [...faces], {
      atol: 0.02,
    });
  }));
});

Deno.test("decodeDeltas() clamps sides at 1000 / 16 times the anchor's", () => {
  const anchor = Float32Array.of(0, 0, 16, 16);
  const boxes = decodeDeltas(Float32Array.of(0, 0, 100, 100), anchor);
  assertAllClose([...boxes], [-492, -492, 508, 508], { atol: 0.01 });
});
