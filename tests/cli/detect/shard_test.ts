import assert from "node:assert/strict";
import fc from "fast-check";
import { isInShard, parseShard } from "../../../lib/cli/detect/shard.ts";

const noVariables = () => undefined;

Deno.test("parseShard() counts from 1, a scheduler's variable from 0", () => {
  assert.deepEqual(parseShard("1/8", noVariables), { index: 0, count: 8 });
  assert.deepEqual(parseShard("8/8", noVariables), { index: 7, count: 8 });
  const variables = (name: string) => name === "JOB_COMPLETION_INDEX" ? "0" : undefined;
  assert.deepEqual(parseShard("env:JOB_COMPLETION_INDEX/3", variables), { index: 0, count: 3 });
});

Deno.test("parseShard() says what is wrong", () => {
  for (
    const [text, value, problem] of [
      ["0/8", undefined, /it is "0\/8", expected i\/n with 1 ≤ i ≤ n/],
      ["9/8", undefined, /expected i\/n/],
      ["1/0", undefined, /expected i\/n/],
      ["half", undefined, /expected i\/n/],
      ["env:INDEX/3", undefined, /INDEX is not set/],
      ["env:INDEX/3", "x", /INDEX is "x", not a whole number/],
      ["env:INDEX/3", "3", /expected i\/n/],
    ] as const
  ) {
    assert.throws(() => parseShard(text, () => value), {
      name: "CliError",
      exitCode: 2,
      message: problem,
    });
  }
});

Deno.test("each photo is in exactly one shard", () =>
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 50 }), (key, count) => {
      const shards = Array.from({ length: count }, (_, index) => ({ index, count }));
      assert.equal(shards.filter((shard) => isInShard(key, shard)).length, 1);
    }),
  ));

Deno.test("isInShard() is CRC-32C modulo the count, so that others can compute it", () => {
  // 0xe3069283 = 3 808 858 755 is the check value of CRC-32C for "123456789" (RFC 3720 names the
  // polynomial; the value is the one in every catalogue of CRCs).
  assert.ok(isInShard("123456789", { index: 3_808_858_755 % 1000, count: 1000 }));
});

Deno.test("shards are of about one size", () => {
  const sizes = Array.from({ length: 16 }, () => 0);
  for (let i = 0; i < 16_000; i++) {
    const path = `WIDER_val/images/${i % 61}--Event/${i % 61}_Event_${i}.jpg`;
    sizes.forEach((_, index) => sizes[index]! += isInShard(path, { index, count: 16 }) ? 1 : 0);
  }
  // A fair die would leave 1000 ± 5 · 31 in each.
  assert.ok(Math.min(...sizes) > 845 && Math.max(...sizes) < 1155, String(sizes));
});
