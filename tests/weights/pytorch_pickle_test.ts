// Pickles by hand, opcode by opcode.
import assert from "node:assert/strict";
import { unpickle } from "../../lib/weights/pytorch_pickle.ts";

const surroundings = {
  globals: new Map<string, unknown>([
    ["builtins.sum", (args: readonly number[]) => args.reduce((a, b) => a + b, 0)],
    ["builtins.name", "no function"],
  ]),
  load: (id: unknown) => ["loaded", id],
};

/** Text stands for its letters, numbers for bytes. */
function pickle(...parts: (string | number)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === "number" ? [part] : [...part].map((letter) => letter.charCodeAt(0))
    ),
  );
}

const valueOf = (...parts: (string | number)[]) => unpickle(pickle(...parts), surroundings).value;

Deno.test("unpickle() reads what Python's pickletools says the opcodes mean", () => {
  assert.equal(valueOf(0x80, 2, "K", 200, "."), 200);
  assert.equal(valueOf("M", 0x10, 0x27, "."), 10000);
  assert.equal(valueOf("J", 0xfe, 0xff, 0xff, 0xff, "."), -2);
  assert.equal(valueOf(0x8a, 2, 0x00, 0xff, "."), -256);
  assert.equal(valueOf(0x8a, 0, "."), 0);
  assert.equal(valueOf(0x8a, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1, "."), 2n ** 64n);
  assert.equal(valueOf("G", 0x3f, 0xf8, 0, 0, 0, 0, 0, 0, "."), 1.5);
  assert.equal(valueOf("X", 2, 0, 0, 0, 0xc3, 0xbc, "."), "ü");
  assert.deepEqual([valueOf("N."), valueOf(0x88, "."), valueOf(0x89, ".")], [null, true, false]);
  assert.deepEqual(valueOf("]", "K", 1, "a", "(", "K", 2, "K", 3, "e", "."), [1, 2, 3]);
  assert.deepEqual(valueOf(")", 0x85, "."), [[]]);
  assert.deepEqual(valueOf("(", "K", 1, "K", 2, "t", "."), [1, 2]);
  assert.deepEqual(
    valueOf("}", "K", 1, "K", 2, "s", "(", "K", 3, "K", 4, "u", "."),
    new Map([[1, 2], [3, 4]]),
  );
  assert.deepEqual(valueOf("K", 7, "q", 0, "h", 0, 0x86, "."), [7, 7]);
  assert.deepEqual(valueOf("K", 7, "Q", "."), ["loaded", 7]);
  assert.equal(valueOf("cbuiltins\nsum\n", "K", 2, "K", 3, 0x86, "R", "."), 5);
});

Deno.test("unpickle() says where the pickle ends", () => {
  assert.deepEqual(unpickle(pickle("xxN.N."), surroundings, 2), { value: null, end: 4 });
});

Deno.test("unpickle() finds nothing but what it is given", () => {
  for (const name of ["eval", "constructor", "toString", "__proto__"]) {
    assert.throws(() => valueOf(`cbuiltins\n${name}\n`, "."), {
      name: "SyntaxError",
      message: `Cannot read pickle: it asks for "builtins.${name}", ` +
        "and only tensors are read from it; no code is run",
    });
  }
});

Deno.test("unpickle() refuses what does not make sense", () => {
  const hostile = {
    "nothing": [],
    "no end": ["N"],
    "an empty stack": ["."],
    "a text beyond the end": ["X", 255, 255, 255, 255, "a."],
    "a text that is not UTF-8": ["X", 1, 0, 0, 0, 0xff, "."],
    "a name without an end": ["cbuiltins"],
    "an unknown opcode": [0x95, 0, 0, 0, 0, 0, 0, 0, 0, "."],
    "a memo that is not there": ["h", 3, "."],
    "no mark": ["Nt."],
    "items of a list": ["]NNs."],
    "half an item": ["}(Nu."],
    "appending to a dictionary": ["}Na."],
    "attributes of a list": ["]}b."],
    "a call of a text": ["cbuiltins\nname\n)R."],
    "a call without arguments": ["cbuiltins\nsum\nNR."],
  };
  for (const [what, parts] of Object.entries(hostile)) {
    assert.throws(() => valueOf(...parts), {
      name: "SyntaxError",
      message: /^Cannot read pickle: /,
    }, what);
  }
});
