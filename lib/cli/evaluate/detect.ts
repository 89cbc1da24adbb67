/**
 * The part of `deno task evaluate` that runs a detector over photos.
 *
 * @module
 */
import type { Sample } from "../../datasets/sample.ts";
import { findInAll, type FoundFaces, type OnPhoto } from "../../evaluation/find_faces.ts";
import type { Store } from "../../files/store.ts";
import type { EvaluateOptions } from "./options.ts";
import { type EvaluatedDetector, type Finder, type FinderRequest, openFinder } from "./finder.ts";
import { looksOf } from "../look_flags.ts";
import type { CreateDetector } from "../open_detector.ts";
import { formatDuration, Progress, type ProgressOutput, stderrOutput } from "../progress.ts";

/** What the command needs of its surroundings. */
export interface EvaluateIo {
  /** Where photos, labels and weights are read, and results written. */
  readonly store: Store;
  /** Makes the detector. */
  readonly createDetector: CreateDetector<EvaluatedDetector>;
  /** Makes a detector in a worker, for `--jobs`. */
  readonly startWorker: (request: FinderRequest) => Promise<Finder>;
  /** Takes the result. */
  readonly print: (text: string) => void;
  /** Takes what is not the result. */
  readonly warn: (text: string) => void;
  /** Takes the progress line. Default: stderr. */
  readonly progress?: ProgressOutput;
}

async function openFinders(
  request: FinderRequest,
  { jobs }: EvaluateOptions,
  { store, createDetector, startWorker }: EvaluateIo,
): Promise<Finder[]> {
  if (jobs === 1) return [await openFinder(store, createDetector, request)];
  const first = await startWorker(request);
  // The first one chooses the device: drivers do not like to be looked for by several threads.
  const others = { ...request, device: first.device.name };
  const started = await Promise.allSettled(
    Array.from({ length: jobs - 1 }, () => startWorker(others)),
  );
  const finders = started.flatMap((result) => result.status === "fulfilled" ? [result.value] : []);
  const failure = started.find((result) => result.status === "rejected");
  if (failure === undefined) return [first, ...finders];
  for (const finder of [first, ...finders]) finder.dispose();
  throw failure.reason;
}

/** How photos were shown to the detector. */
function shownAs({ inputSize }: Finder, { protocol }: EvaluateOptions): string {
  return inputSize === undefined
    ? `by protocol ${protocol}`
    : `letterboxed to ${inputSize.width}x${inputSize.height}`;
}

function introduction(finder: Finder, options: EvaluateOptions): string {
  const { model, device, inputSize } = finder;
  const workers = options.jobs > 1 ? `, ${options.jobs} workers` : "";
  const hasNoEffect = inputSize !== undefined && options.protocol !== "original"
    ? `, the only size it takes: protocol ${options.protocol} does not change what it sees`
    : "";
  return `${model} on ${device.name} (${device.reason})${workers}; photos ` +
    shownAs(finder, options) + hasNoEffect;
}

/** What a detector found, and which one it was. */
export interface Detected extends FoundFaces {
  /** Name of its model. */
  readonly model: string;
  /** Name of the device it computed on. */
  readonly device: string;
  /** How photos were shown to it. */
  readonly shown: string;
}

/** Runs the detector that the options ask for over some samples, with a progress line. */
export async function detectInSamples(
  samples: readonly Sample[],
  options: EvaluateOptions,
  io: EvaluateIo,
  onPhoto: OnPhoto = () => {},
): Promise<Detected> {
  const { model: name, weights, device, protocol, nms: nmsThreshold, maxSide } = options;
  const looks = looksOf(options);
  const request = { model: name, weights, device, protocol, nmsThreshold, maxSide, ...looks };
  const finders = await openFinders(request, options, io);
  try {
    const { model, device } = finders[0]!;
    const shown = shownAs(finders[0]!, options);
    io.warn(introduction(finders[0]!, options));
    const output = io.progress ?? stderrOutput;
    const progress = new Progress(output), start = output.now();
    let done = 0;
    const found = await findInAll(samples, finders.map(({ find }) => find), async (...photo) => {
      await onPhoto(...photo);
      const leftMs = (output.now() - start) / ++done * (samples.length - done);
      progress.show(`${done} of ${samples.length} photos, ${formatDuration(leftMs)} left`);
    });
    progress.clear();
    return { ...found, model, device: device.name, shown };
  } finally {
    for (const finder of finders) finder.dispose();
  }
}
