// Weight files: as the reference implementation writes them, there and back, and hostile ones.
import assert from "node:assert/strict";
import fc from "fast-check";
import { float16ToFloat32, float32ToFloat16 } from "../../lib/numbers/float16.ts";
import { type NdArray, sizeOf } from "../../lib/numbers/nd_array.ts";
import {
  decodeSafetensors,
  encodeSafetensors,
  isSafetensors,
} from "../../lib/weights/safetensors.ts";

/**
 * What `safetensors.numpy.save` of huggingface/safetensors 0.8.0 wrote for
 * `{"conv/kernel": float32 [[1, -2.5], [3.25, -0]], "half": float16 [0.5, 65504, -6e-8, inf],
 * "scalar": float32 7}` and the metadata `{"model": "tiny", "note": "grüezi"}`.
 */
const REFERENCE = Uint8Array.fromBase64(
  "8AAAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJub3RlIjoiZ3LDvGV6aSIsIm1vZGVsIjoidGlueSJ9LCJjb252L2tl" +
    "cm5lbCI6eyJkdHlwZSI6IkYzMiIsInNoYXBlIjpbMiwyXSwiZGF0YV9vZmZzZXRzIjpbMCwxNl19LCJzY2FsYXIi" +
    "OnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6W10sImRhdGFfb2Zmc2V0cyI6WzE2LDIwXX0sImhhbGYiOnsiZHR5cGUi" +
    "OiJGMTYiLCJzaGFwZSI6WzRdLCJkYXRhX29mZnNldHMiOlsyMCwyOF19fSAgICAgICAAAIA/AAAgwAAAUEAAAACA" +
    "AADgQAA4/3sBgAB8",
);

/** A file with this text for a header. */
function fileOf(header: string, dataBytes = 0, headerLength?: bigint): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, headerLength ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

function fileWith(entries: Record<string, unknown>, dataBytes = 0): Uint8Array {
  return fileOf(JSON.stringify(entries), dataBytes);
}

const entry = (
  begin: number,
  end: number,
  shape: unknown = [(end - begin) / 4],
  dtype = "F32",
) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

Deno.test("decodeSafetensors() reads what the reference implementation wrote", () => {
  const { tensors, metadata } = decodeSafetensors(REFERENCE);
  assert.deepEqual(metadata, { model: "tiny", note: "grüezi" });
  assert.deepEqual(
    tensors,
    new Map<string, NdArray>([
      ["conv/kernel", { shape: [2, 2], data: Float32Array.of(1, -2.5, 3.25, -0) }],
      ["scalar", { shape: [], data: Float32Array.of(7) }],
      ["half", { shape: [4], data: Float32Array.of(0.5, 65504, -(2 ** -24), Infinity) }],
    ]),
  );
});

Deno.test("encodeSafetensors() lays a file out as the format says", () => {
  const bytes = encodeSafetensors(
    new Map([["a", { shape: [1, 2], data: Float32Array.of(1, 2) }]]),
    {
      metadata: { k: "v" },
    },
  );
  const headerBytes = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  assert.equal(headerBytes % 8, 0, "the data are aligned");
  assert.deepEqual(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes))), {
    __metadata__: { k: "v" },
    a: { dtype: "F32", shape: [1, 2], data_offsets: [0, 8] },
  });
  assert.deepEqual([...bytes.subarray(8 + headerBytes)], [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40]);
});

const names = fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" })
  .filter((name) => name !== "__metadata__" && name !== "__proto__");
const arrays = fc.array(fc.nat(4), { maxLength: 3 }).chain((shape) =>
  fc.float32Array({ minLength: sizeOf(shape), maxLength: sizeOf(shape) })
    .map((data): NdArray => ({ shape, data }))
);
const files = fc.tuple(fc.dictionary(names, arrays), fc.dictionary(names, fc.string()));

Deno.test("decodeSafetensors() undoes encodeSafetensors(), bit for bit as F32", () => {
  fc.assert(fc.property(files, ([content, metadata]) => {
    const tensors = new Map(Object.entries(content));
    const read = decodeSafetensors(encodeSafetensors(tensors, { metadata }));
    assert.deepEqual(read.tensors, tensors);
    assert.deepEqual(read.metadata, { ...metadata });
  }));
});

Deno.test("decodeSafetensors() gives the nearest halfs back from F16", () => {
  fc.assert(fc.property(files, ([content]) => {
    const tensors = new Map(Object.entries(content));
    const bytes = encodeSafetensors(tensors, { type: "F16" });
    for (const [name, { shape, data }] of decodeSafetensors(bytes).tensors) {
      const original = tensors.get(name)!;
      assert.deepEqual(shape, original.shape);
      assert.deepEqual(data, float16ToFloat32(float32ToFloat16(original.data)));
    }
  }));
});

Deno.test("decodeSafetensors() reads from the middle of a buffer and copies", () => {
  const shifted = new Uint8Array(REFERENCE.length + 3);
  shifted.set(REFERENCE, 3);
  const { tensors } = decodeSafetensors(shifted.subarray(3));
  shifted.fill(0);
  assert.deepEqual([...tensors.get("scalar")!.data], [7]);
});

Deno.test("decodeSafetensors() refuses what is no safetensors file", () => {
  const huge = fileOf('{"a":1}', 0, 2n ** 64n - 1n), negative = fileOf("{}", 0, 1n << 63n);
  const hostile = {
    "no bytes": new Uint8Array(),
    "a text": new TextEncoder().encode("these are not weights"),
    "a JPEG": Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16, 74, 70, 73, 70, 0, 1),
    "a length beyond the file": fileOf("{}", 0, 1000n),
    "a huge length": huge,
    "a negative length": negative,
    "a list": fileOf("[1,2]    "),
    "half a JSON": fileOf('{"a":{"dtype"'),
    "not UTF-8": (() => {
      const bytes = fileOf('{"ab":1}');
      bytes[11] = 0xff;
      return bytes;
    })(),
  };
  for (const [what, bytes] of Object.entries(hostile)) {
    assert.throws(() => decodeSafetensors(bytes), {
      name: "SyntaxError",
      message: /^Cannot read weights: /,
    }, what);
  }
  assert.ok(isSafetensors(REFERENCE) && !isSafetensors(huge) && !isSafetensors(negative));
});

Deno.test("decodeSafetensors() refuses entries that do not fit the file", () => {
  const hostile: Record<string, [Record<string, unknown>, number]> = {
    "beyond the end": [{ a: entry(0, 16) }, 12],
    "negative": [{ a: entry(-4, 0) }, 8],
    "backwards": [{ a: entry(8, 4, [-1]) }, 8],
    "overlapping": [{ a: entry(0, 8), b: entry(4, 12) }, 12],
    "twice the same": [{ a: entry(0, 8), b: entry(0, 8) }, 8],
    "with a hole": [{ a: entry(0, 4), b: entry(8, 12) }, 12],
    "with a rest": [{ a: entry(0, 4) }, 8],
    "of another size": [{ a: entry(0, 8, [3]) }, 8],
    "two negative sides": [{ a: entry(0, 4, [-1, -1]) }, 4],
    "half a number": [{ a: entry(0, 2, [0.5]) }, 2],
    "fractional offsets": [{ a: entry(0.5, 4.5, [1]) }, 4],
    "offsets too large for a number": [{ a: entry(0, 2 ** 60, [2 ** 58]) }, 4],
    "no shape": [{ a: entry(0, 4, null) }, 4],
    "a shape of text": [{ a: entry(0, 4, "1") }, 4],
    "offsets of text": [{ a: { dtype: "F32", shape: [1], data_offsets: "04" } }, 4],
    "no offsets": [{ a: { dtype: "F32", shape: [1] } }, 4],
    "three offsets": [{ a: { dtype: "F32", shape: [1], data_offsets: [0, 4, 8] } }, 4],
    "null": [{ a: null }, 0],
    "a number": [{ a: 7 }, 0],
  };
  for (const [what, [entries, dataBytes]] of Object.entries(hostile)) {
    assert.throws(() => decodeSafetensors(fileWith(entries, dataBytes)), {
      name: "SyntaxError",
      message: /^Cannot read weights: ("a"|"b"|the safetensors file has bytes of no tensor)/,
    }, what);
  }
});

Deno.test("decodeSafetensors() names the type of numbers that it does not read", () => {
  assert.throws(() => decodeSafetensors(fileWith({ w: entry(0, 8, [1], "I64") }, 8)), {
    name: "SyntaxError",
    message: 'Cannot read weights: "w" has type "I64", not F32 or F16',
  });
});

Deno.test("decodeSafetensors() takes of the metadata what is text", () => {
  const metadataOf = (metadata: unknown) =>
    decodeSafetensors(fileWith({ __metadata__: metadata })).metadata;
  assert.deepEqual(metadataOf({ a: "b", c: 1, d: { e: "f" } }), { a: "b" });
  for (const odd of [null, 5, true]) assert.deepEqual(metadataOf(odd), {});
});

Deno.test("decodeSafetensors() either reads or refuses a file with a byte changed", () => {
  fc.assert(
    fc.property(fc.nat(REFERENCE.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const bytes = REFERENCE.slice();
      bytes[at]! ^= flip;
      try {
        for (const { shape, data } of decodeSafetensors(bytes).tensors.values()) {
          assert.equal(data.length, sizeOf(shape));
        }
      } catch (error) {
        assert.ok(error instanceof SyntaxError, String(error));
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("decodeSafetensors() refuses a file that is cut short anywhere", () => {
  for (let length = 0; length < REFERENCE.length; length++) {
    assert.throws(() => decodeSafetensors(REFERENCE.subarray(0, length)), SyntaxError);
  }
});
