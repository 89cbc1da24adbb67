import assert from "node:assert/strict";
import { float16ToFloat32, float32ToFloat16 } from "../../lib/numbers/float16.ts";
import { assertSameNumbers } from "../_support/same.ts";

const allHalfs = Uint16Array.from({ length: 65536 }, (_, i) => i);

Deno.test("float16ToFloat32() equals the runtime's Float16Array for all 65536 halfs", () => {
  assertSameNumbers(float16ToFloat32(allHalfs), new Float16Array(allHalfs.buffer));
});

Deno.test("float32ToFloat16() equals the runtime's Float16Array", () => {
  // Every half, its neighbours in 32 bits and the ties between halfs.
  const exact = [...float16ToFloat32(allHalfs)].filter((value) => !Number.isNaN(value));
  const values = Float32Array.from(
    exact.flatMap((value) => [value, value * (1 + 2 ** -11), value * (1 + 2 ** -20), value * 1.3]),
  );
  assertSameNumbers(
    float32ToFloat16(values),
    new Uint16Array(Float16Array.from(values).buffer),
  );
});

Deno.test("float32ToFloat16() knows NaN, infinity and what is too large", () => {
  const [nan, infinite, large, negative] = float16ToFloat32(
    float32ToFloat16(Float32Array.of(NaN, Infinity, 65520, -1e9)),
  );
  assert.ok(Number.isNaN(nan));
  assert.deepEqual([infinite, large, negative], [Infinity, Infinity, -Infinity]);
});
