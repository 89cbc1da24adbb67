// Data-parallel training: threads change how fast a run is, and nothing else.
import assert from "node:assert/strict";
import type { DeviceName } from "../../lib/backends/device.ts";
import { selectTrainingDevice } from "../../lib/backends/training_device.ts";
import { readCheckpoint } from "../../lib/training/checkpoint.ts";
import type { TrainConfig } from "../../lib/training/config.ts";
import { prepareTraining } from "../../lib/training/prepare.ts";
import { type Remote, remote } from "../../lib/training/remote.ts";
import { CHECKPOINT_FILE, Trainer, type TrainingEvents } from "../../lib/training/trainer.ts";
import type { TrainingMethods } from "../../lib/training/worker_handlers.ts";
import { MemoryStore } from "../_support/memory_store.ts";
import { eachBackend } from "../_support/backends.ts";
import { expectNoTensorLeak } from "../_support/leaks.ts";
import { PHOTO_COUNT } from "./photo_worker.ts";
import { photoStore, RUN, runFiles, validatedConfig } from "./small_run.ts";

type Thread = Remote<TrainingMethods>;

function startThread(name: string, search = ""): Thread {
  const url = new URL(`./photo_worker.ts${search}`, import.meta.url);
  return remote<TrainingMethods>(new Worker(url, { type: "module" }), name);
}

interface Threads {
  readonly replicas?: readonly Thread[];
  readonly inputs?: readonly Thread[];
  readonly events?: TrainingEvents;
}

/** Trains to the end in a new store, or goes on in one, and gives the store back. */
async function train(
  config: TrainConfig,
  { replicas = [], inputs = [], events = {} }: Threads,
  resumed?: MemoryStore,
): Promise<MemoryStore> {
  const store = resumed ?? await photoStore(PHOTO_COUNT);
  const resume = resumed && await readCheckpoint(store, `${RUN}/${CHECKPOINT_FILE}`);
  const { options } = await prepareTraining(config, store, {
    ...(resume ? { resume } : {}),
    inputThreads: inputs,
  });
  using trainer = new Trainer({ ...options, store, folder: RUN, threads: replicas });
  await trainer.run({ events });
  return store;
}

/** Runs `body` with threads and ends them. */
async function withThreads(
  { replicas, inputs }: { replicas: number; inputs: number },
  body: (threads: { replicas: Thread[]; inputs: Thread[] }) => Promise<void>,
): Promise<void> {
  const start = (count: number) => Array.from({ length: count }, (_, k) => startThread(`${k}`));
  const threads = { replicas: start(replicas), inputs: start(inputs) };
  try {
    await body(threads);
  } finally {
    for (const thread of [...threads.replicas, ...threads.inputs]) thread.close();
  }
}

const start = (device: DeviceName) =>
  selectTrainingDevice(device, (message) => assert.fail(message));

/** Ten photos in batches of six: one of three shards of two, one of two. Everything is trained. */
const EVERYTHING = validatedConfig({
  frozen: [],
  batchSize: 6,
  shardSize: 2,
  epochs: 2,
  optimizer: { clipNorm: 1 },
});

eachBackend("threads end with the same files as none, bit for bit", async (device) => {
  await start(device);
  const alone = await runFiles(await train(EVERYTHING, {}));
  for (const counts of [{ replicas: 1, inputs: 1 }, { replicas: 2, inputs: 2 }]) {
    await withThreads(counts, async (threads) => {
      const store = await expectNoTensorLeak(() => train(EVERYTHING, threads));
      assert.deepEqual(await runFiles(store), alone);
    });
  }
}, ["wasm"]);

eachBackend("threads without kernels end with the same files, bit for bit", async (device) => {
  await start(device);
  const settings = { inputSize: 32, gridSize: 1 };
  const config = validatedConfig({ model: { settings }, batchSize: 4, shardSize: 2, epochs: 1 });
  const alone = await runFiles(await train(config, {}));
  await withThreads({ replicas: 1, inputs: 0 }, async (threads) => {
    assert.deepEqual(await runFiles(await train(config, threads)), alone);
  });
}, ["cpu"]);

eachBackend("a frozen part is fed by threads as by none", async (device) => {
  await start(device);
  const config = validatedConfig({ variants: 2, batchSize: 4, shardSize: 2, epochs: 3 });
  const alone = await runFiles(await train(config, {}));
  await withThreads({ replicas: 1, inputs: 1 }, async (threads) => {
    assert.deepEqual(await runFiles(await train(config, threads)), alone);
  });
}, ["wasm"]);

eachBackend("a thread that dies ends the run with its checkpoint", async (device) => {
  await start(device);
  const whole = await runFiles(await train(EVERYTHING, {}));
  const store = await photoStore(PHOTO_COUNT);
  const { options } = await prepareTraining(EVERYTHING, store);
  const dying = startThread("training thread 1", "?dies=4");
  try {
    await expectNoTensorLeak(async () => {
      using trainer = new Trainer({ ...options, store, folder: RUN, threads: [dying] });
      await assert.rejects(trainer.run(), {
        name: "WorkerLostError",
        message: /^Cannot go on: training thread 1 died: .*out of order/,
      });
      assert.equal(trainer.state.step, 3);
    });
  } finally {
    dying.close();
  }
  assert.equal((await readCheckpoint(store, `${RUN}/${CHECKPOINT_FILE}`)).state.step, 3);
  assert.deepEqual(await runFiles(await train(EVERYTHING, {}, store)), whole);
}, ["wasm"]);

eachBackend("what a thread throws is thrown where it was asked for", async (device) => {
  await start(device);
  await withThreads({ replicas: 1, inputs: 0 }, async ({ replicas: [thread] }) => {
    const config = { ...EVERYTHING, model: { name: "huge", settings: {} } };
    const datasets = { train: { name: "none", samples: [], problems: [] }, validation: null };
    await assert.rejects(
      thread!.call("openInputs", { config: config as unknown as TrainConfig, datasets }),
      /model is "huge"|"huge"/,
    );
    await assert.rejects(thread!.call("openInputs", { config: EVERYTHING, datasets }), {
      name: "RangeError",
      message: 'Cannot make batches: data set "none" has no samples',
    });
  });
}, ["wasm"]);
