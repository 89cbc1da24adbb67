/**
 * `worker`: finds faces for a queue that many machines share; also fills and empties the queue.
 *
 * @module
 */
import { briefHelpText, helpText, parseArguments } from "../args.ts";
import { writeStats } from "../detect/stats_file.ts";
import { detectorRequest } from "../detect/options.ts";
import { type DetectorMakers, startPhotoDetectors } from "../detect/photo_detector.ts";
import { photoSource } from "../detect/sources.ts";
import { RunStats } from "../detect/stats.ts";
import { CliError, EXIT, type ExitCode } from "../exit_codes.ts";
import { COLLECT, queueAddress, STATE, SUBMIT, WORK } from "./options.ts";
import { PhotoQueue } from "./queue.ts";
import { submitAll } from "./submit.ts";
import { work } from "./work.ts";

/** What the command touches of the world. */
export interface WorkerWorld extends DetectorMakers {
  /** Writes a line to standard output; done when it is written. */
  print(line: string): Promise<void>;
  /** Writes a line to standard error. */
  warn(line: string): void;
  /** Aborted by Ctrl-C: what is in hand is answered, nothing more is taken. */
  readonly signal: AbortSignal;
}

async function workCommand(args: readonly string[], world: WorkerWorld): Promise<ExitCode> {
  const { help, options, positionals } = parseArguments(WORK, args);
  if (help) return await world.print(helpText(WORK)), EXIT.ok;
  if (positionals.length > 0) {
    const problem = "expected submit, collect, state or options";
    throw new CliError(EXIT.usage, `Cannot run worker "${positionals[0]}": ${problem}`);
  }
  const { signal, warn } = world;
  const { tries, untilEmpty, jobs } = options, address = queueAddress(options);
  await using queue = await PhotoQueue.open(address);
  const watching = queue.watch((sentence) => warn(sentence));
  const detectors = await startPhotoDetectors(jobs, world, detectorRequest(options));
  try {
    const { model, device } = detectors[0]!, stats = new RunStats();
    warn(`${model} on ${device.name}, ${jobs} threads, for queue "${address.queue}"`);
    const { ackWaitMs } = address;
    await work(queue, detectors, { tries, ackWaitMs, untilEmpty, signal, warn, stats });
    warn(`${stats.photos} photos answered, ${stats.failed} of them failed`);
    if (options.stats !== undefined) {
      const stopped = signal.aborted ? "interrupted" : undefined;
      await writeStats(options.stats, { stats, stopped }, { detectors, options });
    }
    return signal.aborted ? EXIT.interrupted : stats.failed > 0 ? EXIT.someFailed : EXIT.ok;
  } finally {
    for (const detector of detectors) detector[Symbol.dispose]();
    void watching; // it ends when the queue is closed
  }
}

async function submitCommand(args: readonly string[], world: WorkerWorld): Promise<ExitCode> {
  const { help, options, positionals } = parseArguments(SUBMIT, args);
  if (help) return await world.print(helpText(SUBMIT)), EXIT.ok;
  if (positionals.length === 0) {
    throw new CliError(EXIT.usage, "Cannot fill the queue: no photo is given");
  }
  const address = queueAddress(options);
  const source = await photoSource({ inputs: positionals, lists: [], isForPrograms: true });
  await using queue = await PhotoQueue.open(address);
  const { submitted, known, failed } = await submitAll(queue, source, world);
  await world.print(JSON.stringify({ submitted, known, failed }));
  if (world.signal.aborted) return EXIT.interrupted;
  return failed > 0 ? EXIT.someFailed : EXIT.ok;
}

async function collectCommand(args: readonly string[], world: WorkerWorld): Promise<ExitCode> {
  const { help, options } = parseArguments(COLLECT, args);
  if (help) return await world.print(helpText(COLLECT)), EXIT.ok;
  await using queue = await PhotoQueue.open(queueAddress(options));
  for await (const answer of queue.answers()) await world.print(answer);
  return EXIT.ok;
}

async function stateCommand(args: readonly string[], world: WorkerWorld): Promise<ExitCode> {
  const { help, options } = parseArguments(STATE, args);
  if (help) return await world.print(helpText(STATE)), EXIT.ok;
  await using queue = await PhotoQueue.open(queueAddress(options));
  await world.print(JSON.stringify(await queue.state()));
  return EXIT.ok;
}

const COMMANDS: Readonly<
  Record<string, (args: readonly string[], world: WorkerWorld) => Promise<ExitCode>>
> = { submit: submitCommand, collect: collectCommand, state: stateCommand };

/** Runs `worker` with these arguments. Throws a {@linkcode CliError}. */
export async function workerCommand(
  args: readonly string[],
  world: WorkerWorld,
): Promise<ExitCode> {
  const [name, ...rest] = args;
  if (name === undefined) return await world.print(briefHelpText(WORK)), EXIT.ok;
  return Object.hasOwn(COMMANDS, name)
    ? await COMMANDS[name]!(rest, world)
    : await workCommand(args, world);
}
