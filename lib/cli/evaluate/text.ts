/**
 * Results of an evaluation as tables for people.
 *
 * @module
 */
import { type Evaluation, type FaceMetrics, HIGH_PRECISION } from "../../evaluation/evaluate.ts";
import type { WiderEvaluation } from "../../evaluation/wider_evaluation.ts";
import { WIDER_SUBSETS } from "../../evaluation/wider_ground_truth.ts";
import { table } from "../table.ts";

/** A number with so many digits; a dash where there was nothing to measure. */
export function decimal(value: number, digits: number): string {
  return Number.isNaN(value) ? "–" : value.toFixed(digits);
}

/** The result on any data set. */
export function evaluationText({ all, large, ...result }: Evaluation, threshold: number): string {
  const row = (name: string, cell: (metrics: FaceMetrics) => string) => [
    name,
    cell(all),
    cell(large),
  ];
  return [
    table([
      ["", "all faces", "≥ 1/10 of the photo"],
      row("faces", ({ faces }) => String(faces)),
      row("AP at IoU 0.5", ({ ap50 }) => decimal(ap50, 4)),
      row(`precision at score ${threshold}`, ({ precision }) => decimal(precision, 4)),
      row(`recall at score ${threshold}`, ({ recall }) => decimal(recall, 4)),
      row(
        `score for a precision of ${HIGH_PRECISION}`,
        ({ highPrecisionScore }) => decimal(highPrecisionScore, 3),
      ),
    ]),
    "",
    table([
      ["IoU of the surest box", decimal(result.iou, 4)],
      ["mean square error", decimal(result.mse, 5)],
      ["photos", String(result.photos)],
      ["ms a photo (median)", decimal(result.detectMs, 1)],
    ]),
  ].join("\n");
}

/** The result by WIDER FACE's protocol. */
export function widerText({ subsets, slices }: WiderEvaluation): string {
  const official = WIDER_SUBSETS.map((name) => {
    const { faces, ap } = subsets[name];
    return [name, String(faces), decimal(ap, 4)];
  });
  const byKind = slices.map(({ group, name, faces, ap }) => [
    `${group}: ${name}`,
    String(faces),
    decimal(ap, 4),
  ]);
  return table([["", "faces", "AP"], ...official, ["", "", ""], ...byKind]);
}
