/**
 * How fast this machine trains: photos a second of a whole training step (forward, backward, update)
 * on each device, with one thread and with more.
 *
 *     deno run --allow-read --allow-env bench/train_speed.ts --help
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
  --steps 10                 steps that are measured, after two that are not
  --profile                  time by kernel, with one thread
  --rates                    GFLOP/s of the convolutions beside the SIMD peak, on wasm
`;

interface Choices {
  readonly model: string;
  readonly settings: Record<string, unknown>;
  readonly batchSize: number;
  readonly shardSize: number;
  readonly steps: number;
}

/** Measures one device with one number of threads; a line. */
async function measure(workers: number, { steps, ...options }: Choices): Promise<string> {
  using threads = startThreads(workers, 0);
  using step = trainingStep({ ...options, threads: threads.replicas });
  for (let warmUp = 0; warmUp < 2; warmUp++) await step.run();
  const before = memory();
  const times: number[] = [];
  for (let k = 0; k < steps; k++) {
    const start = performance.now();
    await step.run();
    times.push(performance.now() - start);
  }
  const after = memory();
  const sorted = times.toSorted((a, b) => a - b);
  const rate = (ms: number) => (1000 * options.batchSize / ms).toFixed(1);
  return `${workers} threads: median ${rate(sorted[steps >> 1]!)} photos/s, ` +
    `fastest ${rate(sorted[0]!)}, slowest ${rate(sorted.at(-1)!)}; ` +
    `tensors ${before.tensors} → ${after.tensors}, memory ${before.mib} → ${after.mib} MiB`;
}

/** What is in use: by tfjs, and by the process. */
function memory(): { tensors: number; mib: number } {
  return {
    tensors: tf.memory().numTensors,
    mib: Math.round(Deno.memoryUsage().rss / 2 ** 20),
  };
}

async function profile({ steps, ...options }: Choices): Promise<string[]> {
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
  };
  console.log(
    `${choices.model} ${values.settings}, batch ${choices.batchSize} in shards of ` +
      `${choices.shardSize}, ${choices.steps} steps, ${navigator.hardwareConcurrency} cores`,
  );
  for (const device of listOf(values.devices)) {
    if (!DEVICE_NAMES.includes(device as DeviceName)) {
      throw new RangeError(`Cannot measure "${device}": it is no device`);
    }
    const { reason } = await selectTrainingDevice(device as DeviceName, console.warn);
    console.log(`\n${device} (${reason})`);
    for (const workers of new Set(listOf(values.workers).map(Number))) {
      console.log(await measure(workers, choices));
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
