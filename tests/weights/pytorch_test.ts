// Checkpoints that PyTorch wrote, of both formats, honest and hostile.
import assert from "node:assert/strict";
import fc from "fast-check";
import { TextReader, Uint8ArrayWriter, ZipWriter } from "../../lib/deps/zip.ts";
import { sizeOf } from "../../lib/numbers/nd_array.ts";
import { isPytorch, readPytorch } from "../../lib/weights/pytorch.ts";
import { assertAllClose } from "../_support/close.ts";
import { sines, weightFixture } from "./fixtures.ts";

const FORMATS = ["tensors.pth", "tensors_legacy.pth"] as const;

for (const file of FORMATS) {
  Deno.test(`readPytorch() reads every layout and type of ${file}`, async () => {
    const bytes = await weightFixture(file);
    assert.ok(isPytorch(bytes));
    const tensors = await readPytorch(bytes);
    const base = sines(24);
    const expected: Record<string, [number[], number[]]> = {
      float: [[2, 3], sines(6)],
      half: [[2, 3], sines(6)],
      bfloat: [[2, 3], sines(6)],
      double: [[2, 3], sines(6)],
      scalar: [[], [0.5]],
      empty: [[0, 3], []],
      transposed: [[6, 4], base.map((_, i) => base[(i % 4) * 6 + Math.floor(i / 4)]!)],
      part: [[2, 3], [8, 9, 10, 14, 15, 16].map((i) => base[i]!)],
      channels_last: [[1, 2, 2, 3], sines(12)],
      expanded: [[2, 2], [2.5, 2.5, 2.5, 2.5]],
      parameter: [[3], sines(3)],
    };
    assert.deepEqual([...tensors.keys()], Object.keys(expected), "the counter is left out");
    for (const [name, [shape, numbers]] of Object.entries(expected)) {
      assert.deepEqual(tensors.get(name)!.shape, shape);
      // Half precision has 11 bits, bfloat16 8: half of the last one is lost.
      const rtol = { half: 2 ** -11, bfloat: 2 ** -8 }[name] ?? 1e-7;
      assertAllClose(tensors.get(name)!.data, numbers, { atol: 1e-7, rtol });
    }
  });

  Deno.test(`readPytorch() refuses ${file} cut short anywhere`, async () => {
    const bytes = await weightFixture(file);
    // Steps of a prime: every kind of place, in a second.
    for (let length = 0; length < bytes.length; length += 23) {
      await assert.rejects(readPytorch(bytes.slice(0, length)), SyntaxError, `${length} bytes`);
    }
  });

  Deno.test(`readPytorch() either reads or refuses ${file} with a byte changed`, async () => {
    const original = await weightFixture(file);
    const place = fc.nat(original.length - 1), change = fc.integer({ min: 1, max: 255 });
    await fc.assert(
      fc.asyncProperty(place, change, async (at, flip) => {
        const bytes = original.slice();
        bytes[at]! ^= flip;
        try {
          for (const { shape, data } of (await readPytorch(bytes)).values()) {
            assert.equal(data.length, sizeOf(shape));
          }
        } catch (error) {
          assert.ok(error instanceof SyntaxError, String(error));
        }
      }),
      { numRuns: 300 },
    );
  });
}

Deno.test("readPytorch() never runs what a pickle asks for", async () => {
  for (const file of ["attack.pth", "attack_legacy.pth"]) {
    await assert.rejects(readPytorch(await weightFixture(file)), {
      name: "SyntaxError",
      message:
        'Cannot read pickle: it asks for "posix.system", and only tensors are read from it; no code is run',
    });
  }
});

Deno.test("readPytorch() names the class of a whole pickled module", async () => {
  await assert.rejects(readPytorch(await weightFixture("whole_module.pth")), {
    name: "SyntaxError",
    message: /asks for "torch\.nn\.modules\.conv\.Conv2d"/,
  });
});

Deno.test("readPytorch() refuses files without tensors", async () => {
  await assert.rejects(readPytorch(await weightFixture("no_tensors.pth")), {
    name: "SyntaxError",
    message: "Cannot read weights: the checkpoint holds no dictionary of tensors",
  });
  const zip = new ZipWriter(new Uint8ArrayWriter());
  await zip.add("readme.txt", new TextReader("not a checkpoint"));
  await assert.rejects(readPytorch(await zip.close()), {
    name: "SyntaxError",
    message: "Cannot read weights: the zip archive is not one of PyTorch's",
  });
  await assert.rejects(readPytorch(Uint8Array.of(0x80, 2, 0x4e, 0x2e)), {
    name: "SyntaxError",
    message: "Cannot read weights: the pickle is not one of PyTorch's",
  });
});
