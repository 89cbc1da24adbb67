import assert from "node:assert/strict";
import fc from "fast-check";
import { type MatValue, readMatFile } from "../../lib/evaluation/mat_file.ts";

const FOLDER = new URL("../fixtures/mat/", import.meta.url);
const fixture = (name: string) => Deno.readFileSync(new URL(name, FOLDER));

function numbers(shape: number[], data: number[]): MatValue {
  return { kind: "numbers", shape, data: Float64Array.from(data) };
}

function text(text: string): MatValue {
  return { kind: "text", shape: [1, text.length], text };
}

/** What scipy wrote; `cube` counts from 0 in C order, MATLAB's columns come first. */
const WRITTEN: Readonly<Record<string, MatValue>> = {
  cells: {
    kind: "cells",
    shape: [2, 2],
    cells: [
      numbers([3, 2], [1, 3, 5, 2, 4, 6]),
      // Shape as Python counts characters, the emoji as one.
      { kind: "text", shape: [1, 11], text: "Gesicht 😀 ü" },
      numbers([0, 0], []),
      { kind: "cells", shape: [1, 1], cells: [text("x")] },
    ],
  },
  flag: numbers([1, 2], [1, 0]),
  record: {
    kind: "structs",
    shape: [1, 1],
    records: [{ name: text("0--Parade"), count: numbers([1, 1], [2.5]) }],
  },
  cube: numbers(
    [2, 3, 4],
    Array.from({ length: 24 }, (_, i) => {
      const [r, c, p] = [i % 2, Math.floor(i / 2) % 3, Math.floor(i / 6)];
      return 12 * r + 4 * c + p;
    }),
  ),
  int8: numbers([1, 2], [-128, 5]),
  uint8: numbers([1, 2], [0, 5]),
  int16: numbers([1, 2], [-32768, 5]),
  uint16: numbers([1, 2], [0, 5]),
  int32: numbers([1, 2], [-(2 ** 31), 5]),
  uint32: numbers([1, 2], [0, 5]),
  int64: numbers([1, 2], [3, 5]),
  uint64: numbers([1, 2], [3, 5]),
  float32: numbers([1, 2], [-0.5, Infinity]),
  float64: numbers([1, 2], [-0.5, Infinity]),
};

for (const name of ["plain.mat", "compressed.mat"]) {
  Deno.test(`readMatFile() reads what scipy wrote: ${name}`, async () => {
    const variables = await readMatFile(fixture(name));
    for (const [key, value] of Object.entries(WRITTEN)) {
      assert.deepEqual(variables.get(key), value, key);
    }
    // Two strings as a char matrix: column by column.
    assert.deepEqual(variables.get("letters"), { kind: "text", shape: [2, 3], text: "adbecf" });
  });
}

/** One matrix of doubles stored as 16-bit numbers, by hand, in either byte order. */
function handWritten(little: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(128 + 8 + 16 + 16 + 8 + 16));
  const put32 = (at: number, ...values: number[]) =>
    values.forEach((value, i) => view.setUint32(at + 4 * i, value, little));
  view.setUint16(124, 0x0100, little);
  view.setUint16(126, 0x4d49, little); // "MI" in the writer's own order
  put32(128, 14, 56); // matrix
  put32(136, 6, 8, 6, 0); // flags: class double
  put32(152, 5, 8, 3, 1); // 3 × 1
  put32(168, 1 << 16 | 1); // name, small form, one byte
  view.setUint8(172, "v".charCodeAt(0));
  put32(176, 4, 6); // uint16
  [1, 300, 65535].forEach((value, i) => view.setUint16(184 + 2 * i, value, little));
  return new Uint8Array(view.buffer);
}

Deno.test("readMatFile() reads packed numbers in both byte orders", async () => {
  for (const little of [true, false]) {
    const bytes = handWritten(little);
    if (little) assert.deepEqual([...bytes.subarray(126, 128)], [0x49, 0x4d]);
    assert.deepEqual((await readMatFile(bytes)).get("v"), numbers([3, 1], [1, 300, 65535]));
  }
});

Deno.test("readMatFile() says what is wrong with other files", async () => {
  const hdf = new TextEncoder().encode("MATLAB 7.3 MAT-file, Platform: GLNXA64".padEnd(600));
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array(), /: it is not a MATLAB 5 file$/],
    [new TextEncoder().encode("<html>".repeat(100)), /: it is not a MATLAB 5 file$/],
    [fixture("version4.mat"), /: it is not a MATLAB 5 file$/],
    [hdf, /: it is of version 7\.3 \(HDF5\), not MATLAB 5$/],
    [fixture("complex.mat"), /: variable "z" is complex, which is not supported$/],
    [fixture("sparse.mat"), /: variable "s" is of class "5", which is not supported$/],
    [fixture("plain.mat").subarray(0, 1000), /: it is cut off or damaged$/],
  ];
  for (const [bytes, message] of cases) {
    await assert.rejects(readMatFile(bytes), (error: Error) => {
      assert.ok(error instanceof SyntaxError);
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("readMatFile() answers damaged files with a SyntaxError only", async () => {
  const files = [fixture("plain.mat"), fixture("compressed.mat")];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...files),
      fc.array(fc.record({ at: fc.nat(6000), byte: fc.nat(255) }), { minLength: 1, maxLength: 4 }),
      fc.nat(6000),
      async (file, changes, length) => {
        const bytes = file.slice(0, Math.max(200, length));
        for (const { at, byte } of changes) bytes[at % bytes.length] = byte;
        await readMatFile(bytes).catch((error) => assert.ok(error instanceof SyntaxError, error));
      },
    ),
    { numRuns: 300 },
  );
});
