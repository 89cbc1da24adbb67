// A checkpoint there and back, and files that are none.
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Checkpoint,
  readCheckpoint,
  type RunState,
  writeCheckpoint,
} from "../../lib/training/checkpoint.ts";
import { encodeSafetensors } from "../../lib/weights/safetensors.ts";
import { MemoryStore } from "../_support/memory_store.ts";
import { smallConfig } from "./small_run.ts";

const STATE: RunState = {
  epoch: 3,
  batch: 2,
  step: 11,
  sums: { loss: 0.1 + 0.2, batches: 2 },
  plateau: { rate: 1e-5, best: 0.5, wait: 1, cooldown: 0 },
  earlyStopping: { best: null, wait: 0 },
  best: { value: 0.61, file: "model-0.61.safetensors" },
  stoppedEarly: false,
};

const array = (...data: number[]) => ({ shape: [data.length], data: Float32Array.from(data) });

function checkpoint(changes: Partial<Checkpoint> = {}): Checkpoint {
  return {
    config: smallConfig(),
    state: STATE,
    weights: new Map([["a/kernel", array(1, -0, 3)], ["b", array(5)]]),
    slots: new Map([["a/kernel/momentum", array(0, 1e-30, 2)]]),
    ...changes,
  };
}

Deno.test("readCheckpoint() gives back what writeCheckpoint() was given", async () => {
  const store = new MemoryStore();
  await writeCheckpoint(store, "run/c", checkpoint());
  assert.deepEqual(await readCheckpoint(store, "run/c"), checkpoint());
});

Deno.test("a checkpoint keeps every number of the state exactly", async () => {
  const store = new MemoryStore();
  const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0); // no −0
  await fc.assert(fc.asyncProperty(number, number, fc.nat(), async (sum, value, step) => {
    const state = { ...STATE, step, sums: { loss: sum }, best: { value, file: "f" } };
    await writeCheckpoint(store, "c", checkpoint({ state }));
    assert.deepEqual((await readCheckpoint(store, "c")).state, state);
  }));
});

Deno.test("readCheckpoint() names the file that is no checkpoint", async () => {
  const store = new MemoryStore();
  const { weights } = checkpoint(), format = "tinyface-checkpoint-1", config = "{}";
  const files = {
    "a text": new TextEncoder().encode("epoch: 3, and so on, for a while"),
    "a model": encodeSafetensors(weights, { metadata: { model: "tiny", config } }),
    "without state": encodeSafetensors(weights, { metadata: { format, config } }),
    "with a broken state": encodeSafetensors(weights, { metadata: { format, config, state: "{" } }),
  };
  for (const [path, bytes] of Object.entries(files)) {
    await store.write(path, bytes);
    await assert.rejects(readCheckpoint(store, path), (error) => {
      assert.ok(error instanceof SyntaxError);
      assert.ok(error.message.startsWith(`Cannot resume from "${path}": `), error.message);
      return true;
    });
  }
  await assert.rejects(readCheckpoint(store, "absent"), /"absent"/);
});
