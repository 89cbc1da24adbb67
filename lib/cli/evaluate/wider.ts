/**
 * `deno task evaluate` on WIDER FACE: the official protocol on what a detector finds, or on what
 * another one has found.
 *
 * @module
 */
import type { Dataset, Sample } from "../../datasets/sample.ts";
import { curvesSvg } from "../../evaluation/curves_svg.ts";
import { median } from "../../evaluation/evaluate.ts";
import {
  predictionsOf,
  readPredictions,
  writePredictions,
} from "../../evaluation/prediction_folder.ts";
import { evaluateWider, type WiderEvaluation } from "../../evaluation/wider_evaluation.ts";
import {
  readWiderGroundTruth,
  WIDER_SUBSETS,
  type WiderTruth,
} from "../../evaluation/wider_ground_truth.ts";
import type { Predictions } from "../../evaluation/wider_protocol.ts";
import { widerReportHtml } from "../../evaluation/wider_report.ts";
import { detectInSamples, type EvaluateIo } from "./detect.ts";
import type { EvaluateOptions } from "./options.ts";
import { drawMistakes, factsOf } from "./report.ts";
import { widerText } from "./text.ts";
import { CliError, EXIT, type ExitCode } from "../exit_codes.ts";
import { openSavedPredictions } from "./saved_predictions.ts";

/** Predictions and where they come from. */
interface Answers {
  readonly predictions: ReadonlyMap<string, Predictions>;
  /** Name and value of what there is to say about them. */
  readonly source: Readonly<Record<string, string | number>>;
  readonly problems: readonly string[];
}

async function detectAnswers(
  samples: readonly Sample[],
  options: EvaluateOptions,
  io: EvaluateIo,
): Promise<Answers> {
  const { savePredictions: folder } = options;
  const ids = samples.map(({ id }) => id);
  const predictions = folder === undefined
    ? new Map<string, Predictions>()
    : await openSavedPredictions(io.store, folder, ids, options);
  if (predictions.size > 0) io.warn(`${predictions.size} of ${ids.length} photos are done already`);

  const rest = samples.filter(({ id }) => !predictions.has(id));
  const { model, device, shown, photos, problems } = await detectInSamples(
    rest,
    options,
    io,
    async ({ id }, found) => {
      if (found === undefined) return;
      const answer = predictionsOf(found.faces);
      predictions.set(id, answer);
      if (folder !== undefined) await writePredictions(io.store, folder, id, answer);
    },
  );
  const detectMs = median(Array.from(photos.values(), (photo) => photo.detectMs));
  return { predictions, source: { model, device, shown, detectMs }, problems };
}

function isSorted({ scores }: Predictions): boolean {
  return scores.every((score, i) => i === 0 || score <= scores[i - 1]!);
}

async function readAnswers(
  ids: readonly string[],
  folder: string,
  { store, warn }: EvaluateIo,
): Promise<Answers> {
  const predictions = await readPredictions(store, folder, ids);
  const unsorted = [...predictions.values()].filter((found) => !isSorted(found)).length;
  if (unsorted > 0) {
    warn(`${unsorted} files of "${folder}" are not in order of score; they are sorted here`);
  }
  return { predictions, source: { predictions: folder }, problems: [] };
}

/** What the evaluation is about: photos with their truth and what was found in them. */
interface Answered {
  readonly truth: WiderTruth;
  readonly predictions: Predictions;
}

const NOTHING: Predictions = { boxes: new Float64Array(), scores: new Float64Array() };

/** Joins truth and answers; the photos without an answer are counted as `missing`. */
function join(
  truths: readonly WiderTruth[],
  { predictions }: Answers,
  countMissing: boolean,
): { images: Answered[]; missing: number } {
  const images = truths.flatMap((truth): Answered[] => {
    const found = predictions.get(truth.id) ?? (countMissing ? NOTHING : undefined);
    return found === undefined ? [] : [{ truth, predictions: found }];
  });
  const missing = truths.filter(({ id }) => !predictions.has(id)).length;
  return { images, missing };
}

/** The truth of the samples, or all there is where there are no samples. */
function expectedTruths(
  truths: readonly WiderTruth[],
  dataset: Dataset | undefined,
  groundTruth: string,
): WiderTruth[] {
  if (dataset === undefined) return [...truths];
  const ids = new Set(dataset.samples.map(({ id }) => id));
  const expected = truths.filter(({ id }) => ids.has(id));
  if (expected.length < ids.size) {
    throw new CliError(
      EXIT.usage,
      `Cannot evaluate "${dataset.name}": ${
        ids.size - expected.length
      } of its ${ids.size} photos ` +
        `are not in the ground truth "${groundTruth}"`,
    );
  }
  return expected;
}

function notesOf(
  { images, missing }: ReturnType<typeof join>,
  { countMissing }: EvaluateOptions,
  total: number,
): string[] {
  const notes: string[] = [];
  if (missing > 0) {
    const fate = countMissing
      ? "count as photos in which nothing was found"
      : "are left out; --count-missing counts them as photos in which nothing was found";
    const all = countMissing ? images.length : images.length + missing;
    notes.push(`${missing} of ${all} photos have no predictions and ${fate}`);
  }
  if (images.length < total) {
    notes.push(
      `Measured on ${images.length} of WIDER FACE's ${total} validation photos: compare only with ` +
        "results on the same photos, not with published ones",
    );
  }
  return notes;
}

function jsonOf(
  evaluation: WiderEvaluation,
  { photos, total, ...head }: Readonly<Record<string, unknown>>,
  problems: readonly string[],
): string {
  const official = WIDER_SUBSETS.map((name) => {
    const { faces, ap } = evaluation.subsets[name];
    return [name, { faces, ap }];
  });
  const { slices } = evaluation;
  return JSON.stringify({
    ...head,
    photos,
    ofPhotos: total,
    ...Object.fromEntries(official),
    slices,
    problems,
  });
}

function nothingToMeasure(photos: number, predictions: string | undefined): CliError {
  return predictions === undefined
    ? new CliError(EXIT.someFailed, `Cannot evaluate ${photos} photos: none of them can be read`)
    : new CliError(
      EXIT.usage,
      `Cannot evaluate ${photos} photos: "${predictions}" has predictions of none of them`,
    );
}

/**
 * Evaluates by WIDER FACE's protocol.
 *
 * @param groundTruth Folder of the official files.
 * @param dataset The photos; `undefined` for predictions of all of them.
 */
export async function evaluateOnWider(
  groundTruth: string,
  dataset: Dataset | undefined,
  options: EvaluateOptions,
  io: EvaluateIo,
): Promise<ExitCode> {
  const { threshold, json, report, curves, predictions, countMissing } = options;
  const all = await readWiderGroundTruth(io.store, groundTruth);
  const truths = expectedTruths(all, dataset, groundTruth);
  const answers = predictions === undefined
    ? await detectAnswers(dataset!.samples, options, io)
    : await readAnswers(truths.map(({ id }) => id), predictions, io);
  for (const problem of answers.problems) io.warn(problem);

  const joined = join(truths, answers, countMissing), { images, missing } = joined;
  if (images.length === 0) throw nothingToMeasure(truths.length, predictions);
  const notes = notesOf(joined, options, all.length);
  for (const note of notes) io.warn(note);

  const evaluation = evaluateWider(images);
  const save = (path: string, text: string) => io.store.write(path, new TextEncoder().encode(text));
  if (curves !== undefined) await save(curves, curvesSvg(evaluation.subsets));
  if (report !== undefined) {
    const truths = images.map(({ truth }) => truth);
    const figures = await drawMistakes(io.store, dataset?.samples ?? [], {
      truths,
      matches: evaluation.matches,
      threshold,
    });
    const facts = factsOf(answers.source, images.length);
    await save(report, widerReportHtml({ facts, evaluation, notes, figures }));
  }
  const head = { ...answers.source, threshold, photos: images.length, total: all.length };
  io.print(json ? jsonOf(evaluation, head, answers.problems) : widerText(evaluation));
  const isIncomplete = answers.problems.length > 0 || missing > 0 && !countMissing;
  return isIncomplete ? EXIT.someFailed : EXIT.ok;
}
