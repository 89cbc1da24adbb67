/**
 * A run of `detect`: from photos to what the user gets to see.
 *
 * @module
 */
import { denoStore } from "../deno_store.ts";
import { CliError, EXIT } from "../exit_codes.ts";
import { formatDuration, Progress } from "../progress.ts";
import { anonymizeSettings } from "./anonymize.ts";
import { type Answer, answersTo, type Task } from "./answers.ts";
import type { DetectOptions } from "./options.ts";
import type { NameOutput } from "./output.ts";
import type { PhotoDetector } from "./photo_detector.ts";
import { type PhotoFailure, type Reporter, REPORTERS } from "./report.ts";
import type { ResultsFile } from "./results_file.ts";
import { RunStats } from "./stats.ts";
import { isAnsweredIn, type Workload } from "./workload.ts";
import type { DetectWorld } from "./world.ts";

/** The sentence for people, which names the file; a name may hold a line break, the sentence none. */
function sentenceOf({ image, error }: PhotoFailure): string {
  const name = image === "-" ? "standard input" : image;
  const sentence = error.message.includes(`"${image}"`)
    ? error.message
    : `${name}: ${error.message}`;
  return sentence.replaceAll("\n", "\\n");
}

function progressText(stats: RunStats, left: number | undefined): string {
  const speed = `${stats.photosPerSecond.toFixed(1)} photos/s`;
  if (left === undefined) return `${stats.photos} photos, ${speed}`;
  const leftMs = 1000 * left / stats.photosPerSecond;
  return `${stats.photos} of ${stats.photos + left} photos, ${speed}, ${
    formatDuration(leftMs)
  } left`;
}

/** Prints; what goes wrong is said of standard output, save that its reader has seen enough. */
function printer(world: DetectWorld): (line: string) => Promise<void> {
  return async (line) => {
    try {
      await world.print(line);
    } catch (cause) {
      if (!(cause instanceof Error) || cause instanceof Deno.errors.BrokenPipe) throw cause;
      const sentence = `Cannot write to standard output: ${cause.message}`;
      throw new CliError(EXIT.someFailed, sentence, { cause });
    }
  };
}

function reporterFor(
  { json, jsonl }: DetectOptions,
  results: ResultsFile | undefined,
  world: DetectWorld,
): Reporter {
  if (results !== undefined) return REPORTERS.jsonl((line) => results.write(line));
  return REPORTERS[json ? "json" : jsonl ? "jsonl" : "text"](printer(world));
}

/** How a run went. */
export interface Outcome {
  /** What was done. */
  readonly stats: RunStats;
  /** Why it ended before its end, if it did. */
  readonly stopped: "interrupted" | "too many errors" | undefined;
}

/** Reports answers until they end, Ctrl-C, or too many of them are failures. */
async function reportAll(
  answers: AsyncIterable<Answer>,
  { reporter, options, world, left }: {
    reporter: Reporter;
    options: DetectOptions;
    world: DetectWorld;
    left: (stats: RunStats) => number | undefined;
  },
): Promise<Outcome> {
  const progress = new Progress(world.progress), stats = new RunStats();
  for await (const { task, report, ms } of answers) {
    progress.clear();
    if ("error" in report) world.warn(`error: ${sentenceOf(report)}`);
    await reporter.photo(report, task.product.output);
    stats.add(report, ms);
    if (stats.failed === options.maxErrors) return { stats, stopped: "too many errors" };
    if (left(stats) !== 0) progress.show(progressText(stats, left(stats)));
  }
  progress.clear();
  await reporter.end();
  return { stats, stopped: world.signal.aborted ? "interrupted" : undefined };
}

/** Does the work and reports it. */
export async function detectInAll(
  workload: Workload,
  { detectors, nameOutput, results, total, options, world }: {
    detectors: readonly PhotoDetector[];
    nameOutput: NameOutput | undefined;
    results: ResultsFile | undefined;
    total: () => number | undefined;
    options: DetectOptions;
    world: DetectWorld;
  },
): Promise<Outcome> {
  const isDone = results !== undefined
    ? isAnsweredIn(results.done)
    : ({ product: { output } }: Task) =>
      options.resume && output !== undefined && denoStore.has(output);
  const style = { labels: options.labels, settings: anonymizeSettings(options) };
  const onProblem = (sentence: string) => world.warn(`warning: ${sentence}`);
  const tasks = workload.tasks({ nameOutput, style, isDone, onProblem });
  const stop = new AbortController();
  try {
    const answers = answersTo(tasks, detectors, AbortSignal.any([world.signal, stop.signal]));
    const reporter = reporterFor(options, results, world);
    const left = ({ photos }: RunStats) => {
      const count = total();
      return count === undefined ? undefined : count - photos - workload.skipped;
    };
    // Stopped before the answers are closed: what is in hand would wait for a silent input.
    return await reportAll(answers, { reporter, options, world, left }).finally(() => stop.abort());
  } finally {
    if (workload.skipped > 0) world.warn(`${workload.skipped} photos were done already`);
  }
}
