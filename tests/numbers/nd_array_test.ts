import assert from "node:assert/strict";
import { sizeOf, stack, transpose, unstack } from "../../lib/numbers/nd_array.ts";

Deno.test("sizeOf() multiplies the lengths of all axes", () => {
  assert.equal(sizeOf([2, 3, 4]), 24);
  assert.equal(sizeOf([]), 1);
  assert.equal(sizeOf([5, 0]), 0);
});

Deno.test("stack() puts arrays along a new first axis", () => {
  const a = { shape: [1, 2], data: Float32Array.of(1, 2) };
  const b = { shape: [1, 2], data: Float32Array.of(3, 4) };
  assert.deepEqual(stack([a, b]), { shape: [2, 1, 2], data: Float32Array.of(1, 2, 3, 4) });
});

Deno.test("stack() refuses nothing and different shapes, even of one size", () => {
  const a = { shape: [1, 2], data: Float32Array.of(1, 2) };
  assert.throws(() => stack([]), TypeError);
  assert.throws(() => stack([a, { shape: [2, 1], data: a.data }]), TypeError);
});

Deno.test("unstack() undoes stack(), on the same memory", () => {
  const arrays = [1, 2, 3].map((value) => ({
    shape: [1, 2],
    data: Float32Array.of(value, -value),
  }));
  const whole = stack(arrays), parts = unstack(whole);
  assert.deepEqual(parts, arrays);
  whole.data[2] = 9;
  assert.equal(parts[1]!.data[0], 9);
  assert.deepEqual(unstack({ shape: [0, 2], data: new Float32Array() }), []);
});

Deno.test("transpose() moves axes as numpy's does", () => {
  const array = { shape: [2, 1, 3], data: Float32Array.of(0, 1, 2, 3, 4, 5) };
  assert.deepEqual(transpose(array, [2, 0, 1]), { // np.arange(6).reshape(2, 1, 3).transpose(2, 0, 1)
    shape: [3, 2, 1],
    data: Float32Array.of(0, 3, 1, 4, 2, 5),
  });
  assert.deepEqual(transpose(transpose(array, [2, 0, 1]), [1, 2, 0]), array);
});
