/**
 * Speed of a training step by device: `deno task bench`. For more, `bench/train_speed.ts`.
 *
 * @module
 */
import { selectTrainingDevice } from "../lib/backends/training_device.ts";
import { startThreads } from "../lib/cli/train/threads.ts";
import { trainingStep } from "./train_step.ts";

const STEP = { model: "tiny", settings: { alpha: 0.35 }, batchSize: 16, shardSize: 8 };

await selectTrainingDevice("wasm", console.warn);
for (const workers of new Set([1, navigator.hardwareConcurrency])) {
  Deno.bench({
    name: `step of tiny, 16 photos, wasm, ${workers} threads`,
    group: "training",
    n: 10,
    warmup: 2,
    fn: async (bench) => {
      using threads = startThreads(workers, 0);
      using step = trainingStep({ ...STEP, threads: threads.replicas });
      await step.run(); // starts the threads
      bench.start();
      await step.run();
      bench.end();
    },
  });
}
