// Making things before they are asked for.
import assert from "node:assert/strict";
import { ahead } from "../../lib/datasets/ahead.ts";

/** A maker that notes what it began. */
function maker() {
  const begun: number[] = [];
  const make = (number: number) => {
    begun.push(number);
    return Promise.resolve(number);
  };
  return { begun, make };
}

for (const depth of [1, 3]) {
  Deno.test(`ahead() keeps the order and is ${depth} ahead of the caller, no more`, async () => {
    const { begun, make } = maker(), seen: number[] = [];
    for await (const thing of ahead(2, 8, depth, make)) {
      seen.push(thing);
      const last = Math.min(7, thing + depth);
      assert.equal(begun.at(-1), last);
    }
    assert.deepEqual(seen, [2, 3, 4, 5, 6, 7]);
    assert.deepEqual(begun, seen);
  });
}

Deno.test("ahead() gives nothing when there is nothing", async () => {
  const { begun, make } = maker();
  for (const [from, to] of [[3, 3], [4, 3]] as const) {
    assert.deepEqual(await Array.fromAsync(ahead(from, to, 2, make)), []);
  }
  assert.deepEqual(begun, []);
});

Deno.test("ahead() throws a failure when its turn comes", async () => {
  const things = ahead(0, 4, 4, (number) => {
    return number === 2 ? Promise.reject(new RangeError("two")) : Promise.resolve(number);
  });
  assert.deepEqual([(await things.next()).value, (await things.next()).value], [0, 1]);
  await assert.rejects(things.next(), { name: "RangeError", message: "two" });
  assert.deepEqual(await things.next(), { done: true, value: undefined });
});

Deno.test("ahead() waits for what it began when the caller stops", async () => {
  let done = 0;
  const make = async (number: number) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    done++;
    return number;
  };
  for await (const _ of ahead(0, 9, 2, make)) break;
  assert.equal(done, 3);
});
