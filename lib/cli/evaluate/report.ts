/**
 * What the report of `deno task evaluate` needs beside the results: pictures of the mistakes.
 *
 * @module
 */
import type { Sample } from "../../datasets/sample.ts";
import { openPhoto } from "../../evaluation/find_faces.ts";
import { mistakeFigure } from "../../evaluation/mistake_figure.ts";
import type { WiderTruth } from "../../evaluation/wider_ground_truth.ts";
import { type Mistake, worstAlarms, worstMisses } from "../../evaluation/wider_mistakes.ts";
import type { WiderMatch } from "../../evaluation/wider_protocol.ts";
import type { ReportFigure, WiderReport } from "../../evaluation/wider_report.ts";
import type { ReadableStore } from "../../files/store.ts";
import { decimal } from "./text.ts";

/** Photo by photo, in one order. */
interface Results {
  readonly truths: readonly WiderTruth[];
  readonly matches: readonly WiderMatch[];
  /** Detections scored below this are not drawn and find nothing. */
  readonly threshold: number;
}

const MISTAKES_SHOWN = 24;

async function figureOf(
  store: ReadableStore,
  sample: Sample,
  mistake: Mistake,
  { truths, matches, threshold }: Results,
): Promise<ReportFigure> {
  const { boxes, scores } = matches[mistake.image]!.predictions;
  const given = scores.filter((score) => score >= threshold).length; // they come by falling score
  const jpeg = mistakeFigure(await openPhoto(store, sample), mistake, {
    faces: truths[mistake.image]!.boxes,
    detections: boxes.subarray(0, 4 * given),
  });
  return { id: sample.id, caption: mistake.caption, jpeg };
}

/** Pictures of the worst mistakes, by title; none of photos that are not among the samples. */
export async function drawMistakes(
  store: ReadableStore,
  samples: readonly Sample[],
  results: Results,
): Promise<WiderReport["figures"]> {
  const { truths, matches, threshold } = results;
  const byId = new Map(samples.map((sample) => [sample.id, sample]));
  const draw = async (mistakes: readonly Mistake[]) => {
    const figures: ReportFigure[] = [];
    for (const mistake of mistakes) {
      const sample = byId.get(truths[mistake.image]!.id);
      if (sample !== undefined) figures.push(await figureOf(store, sample, mistake, results));
    }
    return figures;
  };
  const options = { scoreThreshold: threshold, limit: MISTAKES_SHOWN };
  return {
    [`The largest faces missed at score ${threshold}`]: await draw(
      worstMisses(truths, matches, options),
    ),
    "The surest false alarms": await draw(worstAlarms(matches, options)),
  };
}

/** What was measured, as lines of the report. */
export function factsOf(
  source: Readonly<Record<string, string | number>>,
  photos: number,
): WiderReport["facts"] {
  const text = (value: string | number) => typeof value === "number" ? decimal(value, 1) : value;
  return [
    ...Object.entries(source).map(([name, value]) =>
      [name === "detectMs" ? "ms a photo (median)" : name, text(value)] as const
    ),
    ["photos", String(photos)],
  ];
}
