import assert from "node:assert/strict";
import fc from "fast-check";
import { joinBytes } from "../../lib/files/protobuf.ts";
import {
  encodeFileVersion,
  encodeImage,
  encodeScalars,
  encodeSessionStart,
  encodeText,
} from "../../lib/training/tfevents.ts";
import { readEvents } from "../../lib/training/tfevents_reader.ts";

const at = { wallTime: 1500000001.5, step: 300 };
const png = Uint8Array.from({ length: 200 }, (_, i) => i);

// Written by `tensorboard` 2.21.0 itself, see `tfevents_test.ts`.
const BY_TENSORBOARD =
  "1800000000000000a37f4b2209000010c00b5ad6411a0d627261696e2e4576656e743a32130a0322" +
  "2b00000000000000861bc34b09000060c00b5ad64110ac022a1d0a0b0a046c6f7373150000003f0a0e0a07" +
  "76616c2f696f7515000000004c44e28c" +
  "3800000000000000a3797d5709000060c00b5ad6411080e497d0122a270a250a06636f6e6669674211080712" +
  "041202080142076772c3b6c39f654a080a060a0474657874363fc682" +
  "100000000000000095fbfe1809000060c00b5ad64110ac023a02080122de7bb3";

Deno.test("readEvents() reads what TensorBoard writes", () => {
  const { events } = readEvents(Uint8Array.fromHex(BY_TENSORBOARD));
  assert.deepEqual(
    events.map((
      { wallTime, step, isSessionStart, scalars },
    ) => [wallTime, step, isSessionStart, Object.fromEntries(scalars)]),
    [
      [1500000000.25, 0, false, {}],
      [1500000001.5, 300, false, { "loss": 0.5, "val/iou": 0 }],
      [1500000001.5, 5e9, false, {}],
      [1500000001.5, 300, true, {}],
    ],
  );
});

Deno.test("readEvents() reads what the writer writes", () =>
  fc.assert(fc.property(
    fc.dictionary(fc.string({ unit: "grapheme", minLength: 1 }), fc.float({ noNaN: true })),
    fc.nat(),
    fc.double({ min: 0, max: 4e9, noNaN: true }),
    (scalars, step, wallTime) => {
      const { events: [event] } = readEvents(encodeScalars({ step, wallTime }, scalars));
      assert.deepEqual([event!.step, event!.wallTime], [step, wallTime]);
      assert.deepEqual([...event!.scalars], Object.entries(scalars));
    },
  )));

Deno.test("readEvents() leaves a record that is not all there, wherever the file ends", () => {
  const pieces = [
    encodeFileVersion(at.wallTime),
    encodeScalars(at, { loss: 1 }),
    encodeImage(at, "validation/0", { width: 3, height: 2, png }),
    encodeText(at, "config", "text"),
    encodeSessionStart(at),
  ];
  const file = joinBytes(pieces);
  const ends = pieces.map((_, k) => joinBytes(pieces.slice(0, k + 1)).length);
  for (let cut = 0; cut <= file.length; cut++) {
    const { events, end } = readEvents(file.subarray(0, cut));
    const whole = ends.filter((end) => end <= cut);
    assert.deepEqual([events.length, end], [whole.length, whole.at(-1) ?? 0]);
  }
  const image = readEvents(file).events[2]!.images.get("validation/0")!;
  assert.deepEqual([image.width, image.height, [...image.bytes]], [3, 2, [...png]]);
});

Deno.test("readEvents() notices any damaged byte of a record", () => {
  const record = encodeScalars(at, { loss: 1 });
  for (let k = 0; k < record.length; k++) {
    const damaged = record.slice();
    damaged[k]! ^= 0x10;
    assert.throws(() => readEvents(damaged), /the record at byte 0 is damaged/);
  }
});
