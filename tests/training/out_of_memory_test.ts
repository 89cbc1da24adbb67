// Running out of memory: the message names a number of photos that has been tried and fits.
import assert from "node:assert/strict";
import { selectTrainingDevice } from "../../lib/backends/training_device.ts";
import { tf } from "../../lib/deps/tfjs.ts";
import { photoStore, smallConfig, train } from "./small_run.ts";

/** Has every allocation of more than `limit` bytes fail while `body` runs. */
async function withMemory(limit: number, body: () => Promise<void>): Promise<void> {
  const { wasm } = tf.backend() as unknown as { wasm: { _malloc(bytes: number): number } };
  const malloc = wasm._malloc;
  wasm._malloc = (bytes) => {
    if (bytes > limit) throw new RangeError(`Cannot allocate ${bytes} bytes: this is a test`);
    return malloc(bytes);
  };
  try {
    await body();
  } finally {
    wasm._malloc = malloc;
  }
}

/** Enough for every weight, and for the largest activation of ten photos of 64 pixels. */
const LIMIT_BYTES = 10 * 4 * 48 * 32 * 32;

const PHOTOS = 16;
const config = smallConfig({ frozen: [], batchSize: PHOTOS, shardSize: null, epochs: 1 });

Deno.test("a step that does not fit says how many photos do", async () => {
  await selectTrainingDevice("wasm", assert.fail);
  await withMemory(LIMIT_BYTES, async () => {
    await assert.rejects(train(await photoStore(PHOTOS), config), {
      name: "RangeError",
      message:
        "Cannot train on 16 photos at a time, 8 fit: try --set shardSize=8 (or --batch-size 8)",
    });
    await train(await photoStore(PHOTOS), { ...config, shardSize: 8 });
    const large = { name: "tiny", settings: { inputSize: 224, gridSize: 7 } } as const;
    await assert.rejects(train(await photoStore(2), { ...config, model: large }), {
      message: /^Cannot train on 2 photos at a time, not even one fits/,
    });
  });
});

Deno.test("a step that did not fit leaves its memory free", async () => {
  await selectTrainingDevice("wasm", assert.fail);
  const bytes: number[] = [];
  for (let round = 0; round < 3; round++) {
    await withMemory(LIMIT_BYTES, async () => {
      await assert.rejects(train(await photoStore(PHOTOS), config), /8 fit/);
    });
    bytes.push(tf.memory().numBytes);
  }
  // What batch norms reported is lost, a few numbers; the activations would be megabytes.
  assert.ok(bytes[2]! - bytes[1]! < LIMIT_BYTES, bytes.join());
});
