// Data-parallel training: threads change how fast a run is, and nothing else.
import assert from "node:assert/strict";
import type { DeviceName } from "../../lib/backends/device.ts";
import { selectTrainingDevice } from "../../lib/backends/training_device.ts";
import { readCheckpoint } from "../../lib/training/checkpoint.ts";
import type { TrainConfig } from "../../lib/training/config.ts";
import { prepareTraining } from "../../lib/training/prepare.ts";
import { type Remote, remote } from "../../lib/training/remote.ts";
import {
  CHECKPOINT_FILE,
  type Metrics,
  Trainer,
  type TrainingEvents,
} from "../../lib/training/trainer.ts";
import type { TrainingMethods } from "../../lib/training/worker_handlers.ts";
import type { MemoryStore } from "../_support/memory_store.ts";
import { assertAllClose } from "../_support/close.ts";
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

/** Trains to the end in a new store, or in the one given, and gives the store back. */
async function train(
  config: TrainConfig,
  { replicas = [], inputs = [], events = {} }: Threads,
  run: { store?: MemoryStore; isResumed?: boolean } = {},
): Promise<MemoryStore> {
  const { store = await photoStore(PHOTO_COUNT), isResumed = false } = run;
  const resume = isResumed && await readCheckpoint(store, `${RUN}/${CHECKPOINT_FILE}`);
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
  await withThreads({ replicas: 2, inputs: 2 }, async ({ replicas, inputs }) => {
    for (const threads of [{ replicas, inputs }, { replicas: replicas.slice(1), inputs: [] }]) {
      const store = await expectNoTensorLeak(() => train(EVERYTHING, threads));
      assert.deepEqual(await runFiles(store), alone);
    }
  });
}, ["wasm"]);

/** Small enough for slow devices: three batches of two shards. */
const LITTLE = {
  model: { settings: { inputSize: 32, gridSize: 1 } },
  batchSize: 4,
  shardSize: 2,
  epochs: 1,
};

eachBackend("threads with the kernels switched off end with the same files", async (device) => {
  const losses: number[] = [];
  const events = { onStep: (_: unknown, { loss }: Metrics) => void losses.push(loss!) };
  const gently = { optimizer: { clipNorm: 1 }, schedule: { base: 1e-3 } };
  const config = validatedConfig({ ...gently, batchSize: 6, shardSize: 3, epochs: 2 });
  await start(device);
  await train(config, { events });
  const withKernels = losses.splice(0);
  try {
    await selectTrainingDevice(device, assert.fail, "composed");
    const alone = await runFiles(await train(config, {}));
    await withThreads({ replicas: 1, inputs: 0 }, async (threads) => {
      assert.deepEqual(await runFiles(await train(config, { ...threads, events })), alone);
    });
  } finally {
    await start(device);
  }
  assertAllClose(losses, withKernels, { rtol: 1e-3 });
}, ["wasm"]);

eachBackend("threads on a device without kernels end with the same files", async (device) => {
  await start(device);
  const config = validatedConfig(LITTLE);
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

/** Which call a thread dies in, and the steps that are done then. */
const DEATHS = [
  ["training thread", "?dies=gradients&call=4", 3],
  ["input thread", "?dies=batch&call=4", 2], // two batches to learn from, then the validation
] as const;

for (const [name, search, step] of DEATHS) {
  eachBackend(`a run ends with its checkpoint when its ${name} dies`, async (device) => {
    await start(device);
    const whole = await runFiles(await train(EVERYTHING, {}));
    const store = await photoStore(PHOTO_COUNT), dying = startThread(name, search);
    const [replicas, inputs] = name === "input thread" ? [[], [dying]] : [[dying], []];
    try {
      await expectNoTensorLeak(() =>
        assert.rejects(train(EVERYTHING, { replicas, inputs }, { store }), {
          name: "WorkerLostError",
          message: new RegExp(`^Cannot go on: ${name} died: .*out of order`),
        })
      );
    } finally {
      dying.close();
    }
    assert.equal((await readCheckpoint(store, `${RUN}/${CHECKPOINT_FILE}`)).state.step, step);
    await train(EVERYTHING, {}, { store, isResumed: true });
    assert.deepEqual(await runFiles(store), whole);
  }, ["wasm"]);
}

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
