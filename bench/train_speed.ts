/**
 * How fast this machine trains: photos a second of a whole training step (forward, backward, update)
 * on each device, with one thread and with more.
 *
 *     deno run --no-lock --allow-read --allow-env bench/train_speed.ts --help
 *
 * Beside it, `bench/train_speed_pytorch.py` measures the same step in PyTorch; see `README.md`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { DEVICE_NAMES, type DeviceName } from "../lib/backends/device.ts";
import { selectTrainingDevice } from "../lib/backends/training_device.ts";
import { startThreads } from "../lib/cli/train/threads.ts";
import { tf } from "../lib/deps/tfjs.ts";
import { profileKernels, profileLines } from "../lib/kernels/profile.ts";
import { kernelRates } from "./kernel_rates.ts";
import { simdPeaks } from "./simd_peak.ts";
import { trainingStep } from "./train_step.ts";

const HELP = `Options:
  --devices wasm,webgpu,cpu  [default: wasm]
  --workers 1,2              threads that compute [default: 1 and one a core]
  --model tiny               any detector
  --settings '{"alpha":0.35}'
  --batch 16                 photos in a step
  --shard 8                  photos that go through the network together
  --steps 10                 steps that are measured
  --warm-up 2                steps before them, which are not
  --frozen stem              parts of the network that are not trained [default: none]
  --profile                  time by kernel, with one thread
  --rates                    GFLOP/s of the convolutions on wasm, beside a plain product, what memory
                             lets through, and the SIMD peak
`;

interface Choices {
  readonly model: string;
  readonly settings: Record<string, unknown>;
  readonly batchSize: number;
  readonly shardSize: number;
  readonly steps: number;
  readonly warmUp: number;
  readonly frozen: readonly string[];
}

/** Steps from which on memory is worth following. */
const MANY_STEPS = 100;

/** Measures one device with one number of threads, and prints it; memory as it goes. */
async function measure(workers: number, choices: Choices): Promise<void> {
  const { steps, warmUp, ...options } = choices;
  using threads = startThreads(workers, 0);
  using step = trainingStep({ ...options, threads: threads.replicas });
  for (let k = 0; k < warmUp; k++) await step.run();
  const times: number[] = [];
  const tell = (k: number) => console.log(`  after ${warmUp} + ${k} steps: ${memoryInUse()}`);
  tell(0);
  for (let k = 1; k <= steps; k++) {
    const start = performance.now();
    await step.run();
    times.push(performance.now() - start);
    const isTold = k === steps || (steps >= MANY_STEPS && k % Math.floor(steps / 10) === 0);
    if (isTold) tell(k);
  }
  const sorted = times.toSorted((a, b) => a - b);
  const rate = (ms: number) => speed(options.batchSize, ms);
  console.log(
    `${workers} threads: median ${rate(sorted[steps >> 1]!)}, fastest ${rate(sorted[0]!)}, ` +
      `slowest ${rate(sorted.at(-1)!)}`,
  );
}

/** Photos a second, or seconds a photo where that is the larger number. */
function speed(photos: number, ms: number): string {
  const rate = 1000 * photos / ms;
  return rate >= 1 ? `${rate.toFixed(1)} photos/s` : `${(1 / rate).toFixed(1)} s a photo`;
}

/** What tfjs and the process hold. */
function memoryInUse(): string {
  const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
  const { numTensors, numBytes } = tf.memory();
  return `${numTensors} tensors of ${mebibytes(numBytes)}, ` +
    `process ${mebibytes(Deno.memoryUsage().rss)}`;
}

async function profile({ steps, warmUp: _, ...options }: Choices): Promise<string[]> {
  using step = trainingStep({ ...options, threads: [] });
  await step.run();
  using times = profileKernels();
  await step.run();
  times.take();
  const start = performance.now();
  for (let k = 0; k < steps; k++) await step.run();
  return profileLines(times.take(), { steps, totalMs: performance.now() - start });
}

function listOf(text: string): string[] {
  return text.split(",").filter((part) => part !== "");
}

const { values } = parseArgs({
  options: {
    devices: { type: "string", default: "wasm" },
    workers: { type: "string", default: `1,${navigator.hardwareConcurrency}` },
    model: { type: "string", default: "tiny" },
    settings: { type: "string", default: "{}" },
    batch: { type: "string", default: "16" },
    shard: { type: "string", default: "8" },
    steps: { type: "string", default: "10" },
    "warm-up": { type: "string", default: "2" },
    frozen: { type: "string", default: "" },
    profile: { type: "boolean", default: false },
    rates: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) console.log(HELP);
else await main();

async function main(): Promise<void> {
  const choices: Choices = {
    model: values.model,
    settings: JSON.parse(values.settings),
    batchSize: Number(values.batch),
    shardSize: Number(values.shard),
    steps: Number(values.steps),
    warmUp: Number(values["warm-up"]),
    frozen: listOf(values.frozen),
  };
  console.log(
    `${choices.model} ${values.settings}, batch ${choices.batchSize} in shards of ` +
      `${choices.shardSize}, ${choices.frozen.join(", ") || "nothing"} frozen, ` +
      `${choices.steps} steps, ${navigator.hardwareConcurrency} cores`,
  );
  for (const device of listOf(values.devices)) {
    if (!DEVICE_NAMES.includes(device as DeviceName)) {
      throw new RangeError(`Cannot measure "${device}": it is no device`);
    }
    const { reason } = await selectTrainingDevice(device as DeviceName, console.warn);
    console.log(`\n${device} (${reason})`);
    for (const workers of new Set(listOf(values.workers).map(Number))) {
      await measure(workers, choices);
    }
    if (values.profile) console.log((await profile(choices)).join("\n"));
  }
  if (!values.rates) return;
  await selectTrainingDevice("wasm", console.warn);
  for (const [build, peak] of await simdPeaks()) {
    console.log(`\nSIMD peak of one core, ${build}: ${peak.toFixed(1)} GFLOP/s`);
  }
  console.log((await kernelRates(choices.batchSize)).join("\n"));
}
