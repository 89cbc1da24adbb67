// Counting into bins.
import assert from "node:assert/strict";
import { Counter } from "../../lib/datasets/histogram.ts";

Deno.test("Counter.add() counts from each edge up to the next, the last bin without end", () => {
  const counter = new Counter([0, 1, 10]);
  for (const value of [0, 0.5, 1, 9.9, 10, 1e9, -1, NaN]) counter.add(value);
  assert.deepEqual(counter.histogram, { edges: [0, 1, 10], counts: [2, 2, 2] });
  assert.equal(counter.total, 6);
});
