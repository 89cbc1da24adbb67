import assert from "node:assert/strict";
import { crc32c } from "../../lib/numbers/crc32.ts";
import { EventWriter } from "../../lib/training/event_writer.ts";
import {
  encodeFileVersion,
  encodeImage,
  encodeRecord,
  encodeScalars,
  encodeSessionStart,
  encodeText,
} from "../../lib/training/tfevents.ts";
import { MemoryStore } from "../_support/memory_store.ts";

Deno.test("crc32c() gives the examples of RFC 3720, B.4", () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);
  const readCommand = Uint8Array.fromHex(
    "01c00000000000000000000000000000140000000000040000000014000000182800000000000000" +
      "0200000000000000",
  );
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assert.equal(crc32c(ascending), 0x46dd794e);
  assert.equal(crc32c(ascending.toReversed()), 0x113fdb5c);
  assert.equal(crc32c(readCommand), 0xd9963a56);
});

// What `tensorboard` 2.21.0 writes for the same events: its generated protobuf classes, framed by its
// `summary.writer.record_writer.RecordWriter`.
const at = { wallTime: 1500000001.5, step: 300 };
const png = Uint8Array.from({ length: 200 }, (_, i) => i);
const records: [string, Uint8Array, string][] = [
  [
    "encodeFileVersion()",
    encodeFileVersion(1500000000.25),
    "1800000000000000a37f4b2209000010c00b5ad6411a0d627261696e2e4576656e743a32130a0322",
  ],
  [
    "encodeScalars()",
    encodeScalars(at, { "loss": 0.5, "val/iou": 0 }),
    "2b00000000000000861bc34b09000060c00b5ad64110ac022a1d0a0b0a046c6f7373150000003f0a0e0a07" +
    "76616c2f696f7515000000004c44e28c",
  ],
  [
    "encodeImage()",
    encodeImage(at, "validation/0", { width: 3, height: 2, png }),
    "f4000000000000005cffbaa509000060c00b5ad64110ac022ae5010ae2010a0c76616c69646174696f6e2f30" +
    `22d10108021003180322c801${png.toHex()}d1d47590`,
  ],
  [
    "encodeText()",
    encodeText({ ...at, step: 5e9 }, "config", "größe"),
    "3800000000000000a3797d5709000060c00b5ad6411080e497d0122a270a250a06636f6e6669674211080712" +
    "041202080142076772c3b6c39f654a080a060a0474657874363fc682",
  ],
  [
    "encodeSessionStart()",
    encodeSessionStart(at),
    "100000000000000095fbfe1809000060c00b5ad64110ac023a02080122de7bb3",
  ],
];
for (const [name, record, expected] of records) {
  Deno.test(`${name} writes the bytes that TensorBoard itself writes`, () => {
    assert.equal(record.toHex(), expected);
  });
}

Deno.test("encodeRecord() frames data of any length", () => {
  assert.equal(encodeRecord(new Uint8Array()).length, 16);
  assert.equal(encodeRecord(new Uint8Array(70_000)).length, 70_016);
});

Deno.test("EventWriter adds its events to one file, in order, when told to", async () => {
  const store = new MemoryStore();
  let now = 1500000000.25;
  const writer = new EventWriter(store, "logs/run", { host: "box", clock: () => now });
  assert.equal(writer.path, "logs/run/events.out.tfevents.1500000000.box");
  now = at.wallTime;
  writer.scalars(300, { "loss": 0.5, "val/iou": 0 });
  assert.equal(store.files.size, 0);
  const first = writer.flush();
  writer.image(300, "validation/0", { width: 3, height: 2, png });
  await Promise.all([first, writer.flush()]);
  writer.text(5e9, "config", "größe");
  await writer.flush();
  await writer.flush();
  const [version, scalars, image, text] = records;
  assert.equal(
    (await store.read(writer.path)).toHex(),
    [version, scalars, image, text].map((record) => record![2]).join(""),
  );
});

Deno.test("EventWriter voids later steps of an earlier file when a run is resumed", async () => {
  const store = new MemoryStore();
  const writer = new EventWriter(store, "run", {
    host: "box",
    startStep: 300,
    clock: () => at.wallTime,
  });
  await writer.flush();
  const version = encodeFileVersion(at.wallTime).toHex();
  assert.equal((await store.read(writer.path)).toHex(), version + records[4]![2]);
});

Deno.test("EventWriter.flush() keeps the events when the store fails", async () => {
  const store = new MemoryStore();
  const append = store.append.bind(store);
  store.append = () => Promise.reject(new Error("disk full"));
  const writer = new EventWriter(store, "run", { host: "box", clock: () => 1500000000.25 });
  await assert.rejects(writer.flush(), /disk full/);
  store.append = append;
  await writer.flush();
  assert.equal((await store.read(writer.path)).toHex(), records[0]![2]);
});
