/**
 * `deno task evaluate`: how good a detector is, in numbers.
 *
 * @module
 */
import { loadDataset } from "../../datasets/load.ts";
import type { Dataset } from "../../datasets/sample.ts";
import { evaluate } from "../../evaluation/evaluate.ts";
import { findWiderGroundTruth } from "../../evaluation/wider_ground_truth.ts";
import { briefHelpText, helpText, parseArguments } from "../args.ts";
import { datasetAt } from "../dataset_argument.ts";
import { detectInSamples, type EvaluateIo } from "./detect.ts";
import { checkTogether, checkWithoutWider, EVALUATE, type EvaluateOptions } from "./options.ts";
import { evaluationText } from "./text.ts";
import { evaluateOnWider } from "./wider.ts";
import { EXIT, type ExitCode } from "../exit_codes.ts";

async function evaluateOnAny(
  dataset: Dataset,
  options: EvaluateOptions,
  io: EvaluateIo,
): Promise<ExitCode> {
  const { threshold, json } = options;
  io.warn(`${dataset.name}: ${dataset.samples.length} photos`);
  const { model, device, shown, ...found } = await detectInSamples(dataset.samples, options, io);
  for (const problem of found.problems) io.warn(problem);
  const result = evaluate(dataset.samples, found, threshold);
  const head = { dataset: dataset.name, model, device, shown, threshold };
  io.print(json ? JSON.stringify({ ...head, ...result }) : evaluationText(result, threshold));
  return result.problems.length > 0 ? EXIT.someFailed : EXIT.ok;
}

async function groundTruthFolder(
  { dataset, groundTruth, split }: EvaluateOptions,
  { store }: EvaluateIo,
): Promise<string | undefined> {
  if (groundTruth === "none") return undefined;
  if (groundTruth !== undefined || dataset === undefined || split !== "val") return groundTruth;
  return await findWiderGroundTruth(store, dataset);
}

/**
 * Runs the command; `args` are those after its name.
 *
 * A data set that comes with WIDER FACE's ground truth is measured by WIDER FACE's protocol, any other
 * one by that of `average_precision.ts`.
 */
export async function evaluateCommand(args: readonly string[], io: EvaluateIo): Promise<ExitCode> {
  const { help, options } = parseArguments(EVALUATE, args);
  if (help) return io.print(helpText(EVALUATE)), EXIT.ok;
  checkTogether(options);
  const { dataset: folder, split } = options;
  const groundTruth = await groundTruthFolder(options, io);
  if (folder === undefined && groundTruth === undefined) {
    return io.warn(briefHelpText(EVALUATE)), EXIT.usage;
  }
  if (groundTruth === undefined) checkWithoutWider(options, folder!);
  const spec = folder === undefined ? undefined : await datasetAt(io.store, folder, split);
  const dataset = spec && await loadDataset(io.store, spec);
  for (const problem of dataset?.problems ?? []) io.warn(problem);
  return groundTruth === undefined
    ? await evaluateOnAny(dataset!, options, io)
    : await evaluateOnWider(groundTruth, dataset, options, io);
}
