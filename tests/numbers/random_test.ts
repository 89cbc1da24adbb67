import assert from "node:assert/strict";
import fc from "fast-check";
import { Random } from "../../lib/numbers/random.ts";
import { assertClose } from "../_support/close.ts";

function draws(n: number, draw: () => number): number[] {
  return Array.from({ length: n }, draw);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

Deno.test("Random gives the numbers it always gave: stored seeds stay valid", () => {
  const random = new Random([42, "augment", 3]);
  assert.deepEqual(draws(4, () => random.integer(1000)), [73, 740, 72, 184]);
});

Deno.test("Random follows sfc32 of PractRand, written with 64-bit integers", () => {
  // The generator's own definition (sfc.cpp: tmp = a + b + counter++; a = b ^ (b >> 9);
  // b = c + (c << 3); c = rotl(c, 21) + tmp), started from a state read off the class.
  const mask = 0xffffffffn;
  const mix = (hash: bigint, word: bigint) => {
    let h = ((hash ^ word) + 0x9e3779b9n) & mask;
    h = (h ^ h >> 16n) * 0x85ebca6bn & mask;
    h = (h ^ h >> 13n) * 0xc2b2ae35n & mask;
    return h ^ h >> 16n;
  };
  const seed = mix(mix(0n, 7n), 0n);
  let [a, b, c, counter] = [mix(seed, 1n), mix(seed, 2n), mix(seed, 3n), 1n];
  const next = () => {
    const t = a + b + counter & mask;
    counter = counter + 1n & mask;
    a = b ^ b >> 9n;
    b = c + (c << 3n) & mask;
    c = (c << 21n | c >> 11n) + t & mask;
    return t;
  };
  for (let i = 0; i < 12; i++) next();
  const random = new Random([7]);
  for (let i = 0; i < 100; i++) assert.equal(random.uniform() * 2 ** 32, Number(next()));
});

Deno.test("Random depends on every part of its key and on their order", () => {
  const keys = [[1], [2], [1, 0], [1, "a"], ["a", 1], ["1"], [1, "b"], [2 ** 40 + 1], [-1], []];
  const firsts = keys.map((key) => new Random(key).uniform());
  assert.equal(new Set(firsts).size, keys.length);
  assert.equal(new Random([1, "a"]).uniform(), firsts[3]);
});

Deno.test("uniform() fills its range evenly", () => {
  const random = new Random([1]);
  const values = draws(20_000, () => random.uniform(-2, 6));
  assert.ok(values.every((value) => value >= -2 && value < 6));
  // Six standard errors of the mean: σ = 8/√12.
  assertClose(mean(values), 2, { atol: 6 * 8 / Math.sqrt(12 * 20_000) });
  for (let bin = 0; bin < 8; bin++) {
    const share = values.filter((value) => Math.floor(value + 2) === bin).length / 20_000;
    assertClose(share, 1 / 8, { atol: 6 * Math.sqrt(7 / 64 / 20_000) });
  }
});

Deno.test("neighbouring keys give unrelated streams", () => {
  const firsts = draws(4000, () => 0).map((_, i) => new Random([0, i]).uniform());
  const centred = firsts.map((value) => value - 0.5);
  const correlation = 12 * mean(centred.slice(1).map((value, i) => value * centred[i]!));
  assertClose(correlation, 0, { atol: 6 / Math.sqrt(4000) });
  assertClose(mean(firsts), 0.5, { atol: 6 / Math.sqrt(12 * 4000) });
});

Deno.test("normal() has the moments of the standard normal distribution", () => {
  const random = new Random([2]);
  const values = draws(20_000, () => random.normal());
  const moment = (power: number) => mean(values.map((value) => value ** power));
  // Six standard errors: variances of x, x², x⁴ are 1, 2, 96.
  assertClose(moment(1), 0, { atol: 6 * Math.sqrt(1 / 20_000) });
  assertClose(moment(2), 1, { atol: 6 * Math.sqrt(2 / 20_000) });
  assertClose(moment(4), 3, { atol: 6 * Math.sqrt(96 / 20_000) });
});

Deno.test("integer(), pick() and chance() stay in range and reach all of it", () => {
  const random = new Random([3]);
  assert.deepEqual([...new Set(draws(200, () => random.integer(5)))].sort(), [0, 1, 2, 3, 4]);
  assert.deepEqual([...new Set(draws(100, () => random.pick([7, 8])))].sort(), [7, 8]);
  assert.throws(() => random.pick([]), RangeError);
  const share = mean(draws(10_000, () => Number(random.chance(0.3))));
  assertClose(share, 0.3, { atol: 6 * Math.sqrt(0.21 / 10_000) });
  assert.ok(!random.chance(0) && random.chance(1));
});

Deno.test("permutation() holds each number once", () => {
  fc.assert(fc.property(fc.nat(200), fc.nat(), (n, seed) => {
    const order = new Random([seed]).permutation(n);
    assert.deepEqual([...order].sort((a, b) => a - b), [...Array(n).keys()]);
  }));
});

Deno.test("permutation() gives every order about equally often", () => {
  const counts = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const order = new Random(["order", i]).permutation(3).join();
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.equal(counts.size, 6);
  for (const count of counts.values()) assertClose(count / 6000, 1 / 6, { atol: 0.03 });
});
