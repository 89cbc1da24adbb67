/**
 * `deno task train`: from annotated photos to weights.
 *
 * @module
 */
import type { ActiveDevice } from "../../backends/device.ts";
import { selectTrainingDevice } from "../../backends/training_device.ts";
import type { DatasetSpec } from "../../datasets/load.ts";
import type { Store } from "../../files/store.ts";
import { trainableModel } from "../../models/trainable.ts";
import { profileKernels, profileLines } from "../../kernels/profile.ts";
import { type Checkpoint, readCheckpoint, type RunState } from "../../training/checkpoint.ts";
import { DEFAULT_CONFIG, mergeConfig, type TrainConfig } from "../../training/config.ts";
import { photosThatFit } from "../../training/cost.ts";
import { type PreparedTraining, prepareTraining } from "../../training/prepare.ts";
import { WorkerLostError } from "../../training/remote.ts";
import { shardCount } from "../../training/shards.ts";
import { CHECKPOINT_FILE, Trainer, type TrainingEvents } from "../../training/trainer.ts";
import { helpText, parseArguments } from "../args.ts";
import { datasetAt, type WiderSplit } from "../dataset_argument.ts";
import { CliError, EXIT, type ExitCode } from "../exit_codes.ts";
import { formatDuration, type ProgressOutput } from "../progress.ts";
import { defaultWorkers, type TrainThreads } from "./threads.ts";
import { trainLog } from "./log.ts";
import { flagsAsConfig, TRAIN, type TrainArguments } from "./options.ts";

/** What the command needs of its surroundings. */
export interface TrainIo {
  /** Where photos are read, and checkpoints and logs are written. */
  readonly store: Store;
  /** Takes the lines that tell how it goes. */
  readonly print: (line: string) => void;
  /** Takes what is wrong but not fatal. */
  readonly warn: (line: string) => void;
  /** Takes the progress line. */
  readonly progress: ProgressOutput;
  /** Starts threads: so many that compute, this one included, and what they need beside them. */
  readonly startThreads: (workers: number) => TrainThreads;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** The time, for the name of the run. */
  readonly now: () => Date;
}

/** Runs the command; `args` are those after its name. */
export async function trainCommand(args: readonly string[], io: TrainIo): Promise<ExitCode> {
  const { help, options, positionals } = parseArguments(TRAIN, args);
  if (help) return io.print(helpText(TRAIN)), EXIT.ok;
  if (positionals.length > 0) {
    throw new CliError(EXIT.usage, `Cannot train: "${positionals[0]}" is not an option`);
  }
  const folder = options.resume ?? options.output ?? `runs/${timestamp(io.now())}`;
  const { config: wanted, checkpoint } = await readRun(options, folder, io.store);
  const device = await selectTrainingDevice(options.device, io.warn, options.kernels);
  io.print(`device: ${device.name} (${device.reason})`);
  const config = fitToDevice(wanted, device, io.print);
  const workers = options.workers ?? defaultWorkers(device.name);
  using threads = io.startThreads(usefulWorkers(workers, config, io.print));
  const prepared = await prepare(config, { checkpoint, threads, io });
  const { profile = false } = options;
  const logFolder = `${options.logs}/${folder.split("/").at(-1)}`;
  return await run(prepared, { folder, logFolder, config, threads, profile, io });
}

/** The config of a new run, or config and checkpoint of one to go on with. */
async function readRun(
  options: TrainArguments,
  folder: string,
  store: Store,
): Promise<{ config: TrainConfig; checkpoint?: Checkpoint }> {
  try {
    if (options.resume !== undefined) {
      const checkpoint = await readCheckpoint(store, `${folder}/${CHECKPOINT_FILE}`);
      const epochs = options.epochs ?? checkpoint.config.epochs;
      return { config: { ...checkpoint.config, epochs }, checkpoint };
    }
    if (await store.has(`${folder}/${CHECKPOINT_FILE}`)) {
      throw new RangeError(
        `Cannot start a run in "${folder}": it holds one already, see --resume and --output`,
      );
    }
    const fromFile = options.config === undefined ? {} : await readJson(options.config, store);
    const config = mergeConfig(mergeConfig(DEFAULT_CONFIG, fromFile), flagsAsConfig(options));
    const named = await namedData(options, store);
    return { config: { ...config, data: { ...config.data, ...named } } };
  } catch (error) {
    throw asUsageError(error as Error);
  }
}

async function readJson(path: string, store: Store): Promise<unknown> {
  const text = new TextDecoder().decode(await store.read(path));
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(`Cannot read config "${path}": ${(error as Error).message}`);
  }
}

/** Part of the photos that is held out for validation when the user names none. */
const HELD_OUT = { of: 10, take: [0] } as const;
const LEARNT_FROM = { of: 10, take: [1, 2, 3, 4, 5, 6, 7, 8, 9] } as const;

/** The data sets that the flags name. */
async function namedData(
  { data, validation }: TrainArguments,
  store: Store,
): Promise<Partial<Pick<TrainConfig["data"], "train" | "validation">>> {
  const at = (folders: readonly string[], split: WiderSplit): Promise<DatasetSpec[]> =>
    Promise.all(folders.map((folder) => datasetAt(store, folder, split)));
  const train = await at(data, "train"), measured = await at(validation, "val");
  if (train.length === 0) return measured.length === 0 ? {} : { validation: measured };
  if (measured.length > 0) return { train, validation: measured };
  return {
    train: train.map((spec) => ({ ...spec, parts: LEARNT_FROM })),
    validation: train.map((spec) => ({ ...spec, parts: HELD_OUT })),
  };
}

function timestamp(time: Date): string {
  // As the first seed names its runs, YYYYmmdd-HHMMSS, in local time.
  const two = (n: number) => String(n).padStart(2, "0");
  const date = `${time.getFullYear()}${two(time.getMonth() + 1)}${two(time.getDate())}`;
  return `${date}-${two(time.getHours())}${two(time.getMinutes())}${two(time.getSeconds())}`;
}

/** The config with shards whose tensors the device can hold. */
function fitToDevice(
  config: TrainConfig,
  { maxTensorBytes }: ActiveDevice,
  print: (line: string) => void,
): TrainConfig {
  if (maxTensorBytes === undefined) return config;
  const { name, settings } = config.model, wanted = config.shardSize ?? config.batchSize;
  try {
    const fitting = photosThatFit(trainableModel(name, settings), maxTensorBytes);
    if (fitting >= Math.min(wanted, config.batchSize)) return config;
    print(
      `photos that go through the network together: ${fitting}, not ${wanted}: the buffers of the device hold no more`,
    );
    return { ...config, shardSize: fitting };
  } catch (error) {
    throw asUsageError(error as Error);
  }
}

/** As many threads as the shards of a batch keep busy. */
function usefulWorkers(
  wanted: number,
  { batchSize, shardSize = null }: TrainConfig,
  print: (line: string) => void,
): number {
  const shards = shardCount(batchSize, shardSize), workers = Math.min(wanted, shards);
  const why = workers < wanted
    ? `, not ${wanted}: a batch of ${batchSize} has ${shards} shards (shardSize ${shardSize})`
    : "";
  print(`threads that compute: ${workers}${why}`);
  return workers;
}

async function prepare(
  config: TrainConfig,
  { checkpoint, threads, io: { store, print, warn } }: {
    checkpoint: Checkpoint | undefined;
    threads: TrainThreads;
    io: TrainIo;
  },
): Promise<PreparedTraining> {
  try {
    const prepared = await prepareTraining(config, store, {
      ...(checkpoint ? { resume: checkpoint } : {}),
      onProblem: warn,
      inputThreads: threads.inputs,
    });
    const { train, validation } = prepared;
    print(`training on ${train.samples.length} photos: ${train.name}`);
    print(
      validation === null
        ? "no validation photos: the training loss chooses the best model"
        : `validating on ${validation.samples.length} photos: ${validation.name}`,
    );
    return prepared;
  } catch (error) {
    throw asUsageError(error as Error);
  }
}

function asUsageError(error: Error): Error {
  if (error instanceof CliError || error.name === "WeightsMismatchError") return error;
  return new CliError(EXIT.usage, error.message, { cause: error });
}

async function run(
  { options, train, validation }: PreparedTraining,
  { folder, logFolder, config, threads, profile, io }: {
    folder: string;
    logFolder: string;
    config: TrainConfig;
    threads: TrainThreads;
    profile: boolean;
    io: TrainIo;
  },
): Promise<ExitCode> {
  const { store, print, signal } = io;
  await store.write(
    `${folder}/config.json`,
    new TextEncoder().encode(`${JSON.stringify(config, null, 2)}\n`),
  );
  using trainer = new Trainer({ ...options, store, folder, threads: threads.replicas });
  const events = await trainLog({
    store,
    folder,
    logFolder,
    start: trainer.state,
    stepsPerEpoch: trainer.stepsPerEpoch,
    epochs: config.epochs,
    model: options.model,
    validation,
    print,
    progress: io.progress,
  });
  const photoMs = await trainer.measurePhotoMs();
  const epochMs = photoMs * train.samples.length / (threads.replicas.length + 1);
  print(
    `${(photoMs / 1000).toPrecision(2)} s a photo: at best ${formatDuration(epochMs)} an epoch, ` +
      `${formatDuration(epochMs * (config.epochs - trainer.state.epoch))} in all`,
  );
  print(`run: ${folder}; watch it with tensorboard --logdir ${logFolder}`);
  const resuming = `go on with deno task train --resume ${folder}`;
  const { epoch, best } = await runTrainer(trainer, { signal, events, profile, print })
    .catch((error: Error) => {
      if (!(error instanceof WorkerLostError)) throw error;
      throw new CliError(EXIT.someFailed, `${error.message}; ${resuming}`, { cause: error });
    });
  if (!trainer.finished) {
    print(`stopped in epoch ${epoch + 1}; ${resuming}`);
    return EXIT.interrupted;
  }
  print(`finished after ${epoch} epochs; best model: ${best ? `${folder}/${best.file}` : "none"}`);
  return EXIT.ok;
}

/** Runs a training and, where that is wanted, prints what this thread's time went to. */
async function runTrainer(
  trainer: Trainer,
  { signal, events, profile, print }: {
    signal: AbortSignal;
    events: TrainingEvents;
    profile: boolean;
    print: (line: string) => void;
  },
): Promise<RunState> {
  const { step } = trainer.state, start = performance.now();
  using times = profile ? profileKernels() : null;
  const state = await trainer.run({ signal, events });
  if (times === null) return state;
  const steps = Math.max(1, state.step - step), totalMs = performance.now() - start;
  print(`time of the leading thread a step, validation included, over ${steps} steps:`);
  for (const line of profileLines(times.take(), { steps, totalMs })) print(line);
  return state;
}
