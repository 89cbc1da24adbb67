/**
 * WIDER FACE results: the official easy, medium and hard, and what they are made of.
 *
 * @module
 */
import { WIDER_SUBSETS, type WiderSubset, type WiderTruth } from "./wider_ground_truth.ts";
import {
  matchWider,
  measureWider,
  type Predictions,
  type WiderCurve,
  type WiderMatch,
} from "./wider_protocol.ts";

/** Some of the faces that count as hard, which are all that count anywhere. */
export interface WiderSlice {
  /** What they have in common: `"blur"`. */
  readonly group: string;
  /** Which of the group: `"heavy"`. */
  readonly name: string;
  /** Whether face `i` of a photo is one of them. */
  readonly has: (truth: WiderTruth, i: number) => boolean;
}

/** Result for one {@linkcode WiderSlice}. */
export type WiderSliceResult =
  & Pick<WiderSlice, "group" | "name">
  & Pick<WiderCurve, "faces" | "ap">;

/** Result of {@linkcode evaluateWider}. */
export interface WiderEvaluation {
  /** The official results. */
  readonly subsets: Readonly<Record<WiderSubset, WiderCurve>>;
  /** One for each of {@linkcode WIDER_SLICES}. */
  readonly slices: readonly WiderSliceResult[];
  /** What became of each photo. */
  readonly matches: readonly WiderMatch[];
}

/** Heights in pixels at which a slice begins; hard begins at 9 px. */
const HEIGHTS_PX = [9, 16, 32, 64, 128, 256];

function heightSlices(): WiderSlice[] {
  return HEIGHTS_PX.map((from, k) => {
    const to = HEIGHTS_PX[k + 1] ?? Infinity;
    return {
      group: "height",
      name: to === Infinity ? `${from} px and more` : `${from} to ${to - 1} px`,
      has: ({ boxes }, i) => boxes[4 * i + 3]! >= from && boxes[4 * i + 3]! < to,
    };
  });
}

function attributeSlices(
  attribute: keyof WiderTruth["attributes"],
  names: readonly string[],
): WiderSlice[] {
  return names.map((name, value) => ({
    group: attribute,
    name,
    has: ({ attributes }, i) => attributes[attribute][i] === value,
  }));
}

/** The slices that are reported: by height, blur, occlusion, illumination and pose. */
export const WIDER_SLICES: readonly WiderSlice[] = [
  ...heightSlices(),
  ...attributeSlices("blur", ["clear", "normal", "heavy"]),
  ...attributeSlices("occlusion", ["none", "partial", "heavy"]),
  ...attributeSlices("illumination", ["normal", "extreme"]),
  ...attributeSlices("pose", ["typical", "atypical"]),
];

/**
 * Evaluates the predictions of some photos by the official protocol.
 *
 * A slice is measured as easy, medium and hard are: faces outside of it are ignored, and predictions
 * on no face are false alarms for every slice alike. So slices with few faces have a low AP; compare a
 * slice with itself, between detectors.
 *
 * @param images The truth and the predictions of each photo. Of all 3,226 for numbers that can be
 * compared with published ones; of fewer for numbers that can be compared on the same ones only.
 */
export function evaluateWider(
  images: readonly { readonly truth: WiderTruth; readonly predictions: Predictions }[],
): WiderEvaluation {
  const truths = images.map(({ truth }) => truth);
  const matches = matchWider(
    images.map(({ truth, predictions }) => ({ boxes: truth.boxes, predictions })),
  );
  const subsets = Object.fromEntries(
    WIDER_SUBSETS.map((name) => [name, measureWider(matches, truths.map((t) => t.counts[name]))]),
  ) as Record<WiderSubset, WiderCurve>;
  const slices = WIDER_SLICES.map(({ group, name, has }) => {
    const counts = truths.map((truth) =>
      truth.counts.hard.map((flag, i) => flag === 1 && has(truth, i) ? 1 : 0)
    );
    const { faces, ap } = measureWider(matches, counts);
    return { group, name, faces, ap };
  });
  return { subsets, slices, matches };
}
