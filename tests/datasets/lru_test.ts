// The cache that forgets.
import assert from "node:assert/strict";
import { Lru } from "../../lib/datasets/lru.ts";

Deno.test("Lru() forgets what was used longest ago", () => {
  const lru = new Lru<string>(10);
  lru.set("a", "A", 4);
  lru.set("b", "B", 4);
  assert.equal(lru.get("a"), "A");
  lru.set("c", "C", 4);
  assert.deepEqual(["a", "b", "c"].map((key) => lru.get(key)), ["A", undefined, "C"]);
  assert.equal(lru.bytes, 8);
});

Deno.test("Lru() replaces a value and its bytes", () => {
  const lru = new Lru<string>(10);
  lru.set("a", "A", 4);
  lru.set("a", "AA", 9);
  assert.equal(lru.get("a"), "AA");
  assert.equal(lru.bytes, 9);
});

Deno.test("Lru() keeps nothing that is larger than its budget", () => {
  const lru = new Lru<string>(10);
  lru.set("a", "A", 4);
  lru.set("b", "B", 11);
  assert.deepEqual([lru.get("a"), lru.get("b"), lru.bytes], ["A", undefined, 4]);
});
