/**
 * `detect`: photos in; drawn or anonymous copies, or JSON, out.
 *
 * @module
 */
import { briefHelpText, helpText, parseArguments } from "../args.ts";
import { CliError, EXIT, type ExitCode } from "../exit_codes.ts";
import { anonymizedEnding, anonymizeSettings } from "./anonymize.ts";
import { checkTogether, DETECT, detectorRequest } from "./options.ts";
import { refuseOriginalsIn } from "./originals.ts";
import { isResultsPath, outputFolder, planOutputs } from "./output.ts";
import { openPhotoDetectors, type PhotoDetector } from "./photo_detector.ts";
import { ResultsFile } from "./results_file.ts";
import { detectInAll, type Outcome } from "./run.ts";
import { parseShard } from "./shard.ts";
import { photoSource } from "./sources.ts";
import { writeStats } from "./stats_file.ts";
import { type FindPhotos, Workload } from "./workload.ts";
import type { DetectWorld } from "./world.ts";

function introduction(detectors: readonly PhotoDetector[]): string {
  const { model, device } = detectors[0]!;
  const threads = detectors.length > 1 ? `, ${detectors.length} threads` : "";
  return `${model} on ${device.name}${threads}: ${device.reason}`;
}

function endOf({ stats, stopped }: Outcome, world: DetectWorld): ExitCode {
  if (stopped === "too many errors") {
    world.warn(`error: stopped, ${stats.failed} photos have failed: see --max-errors`);
  } else if (stopped === "interrupted") {
    world.warn(`stopped after ${stats.photos} photos; --resume goes on`);
    return EXIT.interrupted;
  }
  return stats.failed > 0 ? EXIT.someFailed : EXIT.ok;
}

/**
 * Runs `detect` with these arguments; see `options.ts` for what they are.
 *
 * Throws a {@linkcode CliError} when nothing could be done at all. A photo that fails is reported,
 * and the others go on.
 */
export async function detectCommand(
  args: readonly string[],
  world: DetectWorld,
): Promise<ExitCode> {
  const { help, options, positionals } = parseArguments(DETECT, args);
  if (help || args.length === 0) {
    await world.print(help ? helpText(DETECT) : briefHelpText(DETECT));
    return EXIT.ok;
  }
  checkTogether(options);
  const { output, json, jsonl, list: lists, stats: statsPath } = options;
  const inputs = [...options.image, ...positionals];
  if (inputs.length + lists.length === 0) {
    throw new CliError(EXIT.usage, "Cannot find faces: no photo is given");
  }
  const shard = options.shard === undefined
    ? undefined
    : parseShard(options.shard, world.readVariable);
  const isForFile = isResultsPath(output);
  const source = await photoSource({ inputs, lists, isForPrograms: jsonl || isForFile });
  const settings = anonymizeSettings(options);
  const copies = settings !== undefined || !isForFile && (output !== undefined || !(json || jsonl));
  const except = copies ? outputFolder(output) : undefined;
  if (settings !== undefined && except !== undefined) await refuseOriginalsIn(except, inputs);
  const photos: FindPhotos = (onProblem) =>
    source.photos({ except, ...(onProblem === undefined ? {} : { onProblem }) });
  const nameOutput = copies
    ? await planOutputs(
      () => Array.fromAsync(photos()),
      output,
      settings && anonymizedEnding,
    )
    : undefined;
  if (!copies && !isForFile && statsPath === undefined) await world.willNotWrite();

  using results = isForFile ? await ResultsFile.open(output, options.resume) : undefined;
  const detectors = await openPhotoDetectors(options.jobs, world, detectorRequest(options));
  const workload = new Workload(photos, shard), end = new AbortController();
  let total: number | undefined;
  const counting = source.isRepeatable
    ? workload.count(end.signal).then((count) => void (total = count))
    : undefined;
  try {
    world.warn(introduction(detectors));
    const outcome = await detectInAll(workload, {
      ...{ detectors, nameOutput, results, options, world },
      total: () => total,
    });
    if (outcome.stopped === undefined) await results?.finish();
    if (statsPath !== undefined) {
      await writeStats(statsPath, outcome, { detectors, skipped: workload.skipped, options });
    }
    return endOf(outcome, world);
  } finally {
    end.abort();
    for (const detector of detectors) detector[Symbol.dispose]();
    await counting;
  }
}
