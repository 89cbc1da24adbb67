// Activations that live at the same time never overlap.
import assert from "node:assert/strict";
import fc from "fast-check";
import { aligned, planArena } from "../../lib/engine/arena.ts";

const lifetimes = fc.array(
  fc.record({ bytes: fc.integer({ min: 1, max: 500 }), from: fc.nat(9), length: fc.nat(4) })
    .map(({ bytes, from, length }) => ({ bytes, from, to: from + length })),
  { maxLength: 20 },
);

Deno.test("planArena() keeps apart what lives at the same time", () => {
  fc.assert(fc.property(lifetimes, (all) => {
    const { offsets, bytes } = planArena(all);
    all.forEach((a, i) => {
      assert.ok(offsets[i]! % 64 === 0 && offsets[i]! + a.bytes <= bytes);
      all.slice(0, i).forEach((b, j) => {
        if (a.to < b.from || b.to < a.from) return;
        const apart = offsets[i]! + a.bytes <= offsets[j]! || offsets[j]! + b.bytes <= offsets[i]!;
        assert.ok(apart, `${i} and ${j} overlap`);
      });
    });
  }));
});

Deno.test("planArena() lets a chain live in two places", () => {
  const chain = Array.from({ length: 9 }, (_, i) => ({ bytes: 100, from: i, to: i + 1 }));
  assert.equal(planArena(chain).bytes, 2 * aligned(100));
  assert.deepEqual(planArena([]), { offsets: [], bytes: 0 });
});
