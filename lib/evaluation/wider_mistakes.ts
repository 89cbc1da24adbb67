/**
 * The mistakes that say most about a detector: large faces that it misses, and false alarms that it is
 * sure of.
 *
 * @module
 */
import type { WiderTruth } from "./wider_ground_truth.ts";
import type { WiderMatch } from "./wider_protocol.ts";

/** One mistake. */
export interface Mistake {
  /** Index of the photo. */
  readonly image: number;
  /** The face or the false alarm as `[x, y, width, height]`, pixels of the photo. */
  readonly box: readonly [number, number, number, number];
  /** One phrase for people. */
  readonly caption: string;
  /** How bad it is: the face's height in pixels, or the score. */
  readonly weight: number;
}

/** Which mistakes are listed. */
export interface MistakeOptions {
  /** Detections scored below this do not count as given. */
  readonly scoreThreshold: number;
  /** At most this many, the worst first. */
  readonly limit: number;
}

/** So that one crowd does not fill the list. */
const MAX_PER_IMAGE = 2;

function boxAt(boxes: Float64Array, i: number): Mistake["box"] {
  return [boxes[4 * i]!, boxes[4 * i + 1]!, boxes[4 * i + 2]!, boxes[4 * i + 3]!];
}

function worst(mistakes: readonly Mistake[], limit: number): Mistake[] {
  const perImage = new Map<number, number>();
  return mistakes.toSorted((a, b) => b.weight - a.weight).filter(({ image }) => {
    const count = perImage.get(image) ?? 0;
    perImage.set(image, count + 1);
    return count < MAX_PER_IMAGE;
  }).slice(0, limit);
}

const BLUR = ["", "normal blur", "heavy blur"];
const OCCLUSION = ["", "partly occluded", "heavily occluded"];

function describeFace({ boxes, attributes }: WiderTruth, face: number): string[] {
  const height = `${Math.round(boxes[4 * face + 3]!)} px high`;
  const blur = BLUR[attributes.blur[face]!] ?? "";
  const occlusion = OCCLUSION[attributes.occlusion[face]!] ?? "";
  const pose = attributes.pose[face] === 1 ? "atypical pose" : "";
  const light = attributes.illumination[face] === 1 ? "extreme illumination" : "";
  return [height, blur, occlusion, pose, light].filter((text) => text !== "");
}

function missesOf(
  truth: WiderTruth,
  { predictions, matches }: WiderMatch,
  image: number,
  scoreThreshold: number,
): Mistake[] {
  const bestScore = (face: number) => predictions.scores[matches.indexOf(face)];
  return Array.from(truth.counts.hard.keys()).flatMap((face) => {
    const score = bestScore(face);
    if (truth.counts.hard[face] === 0 || (score ?? -Infinity) >= scoreThreshold) return [];
    const answer = score === undefined ? "no box on it" : `its box scores ${score.toFixed(2)}`;
    const box = boxAt(truth.boxes, face);
    const caption = [...describeFace(truth, face), answer].join(", ");
    return [{ image, box, caption, weight: box[3] }];
  });
}

/**
 * The faces that count as hard and that no detection scored at least the threshold finds, the highest
 * first.
 */
export function worstMisses(
  truths: readonly WiderTruth[],
  matches: readonly WiderMatch[],
  { scoreThreshold, limit }: MistakeOptions,
): Mistake[] {
  const all = truths.flatMap((truth, i) => missesOf(truth, matches[i]!, i, scoreThreshold));
  return worst(all, limit);
}

/** The detections on no face at all, the surest first. */
export function worstAlarms(
  matches: readonly WiderMatch[],
  { scoreThreshold, limit }: MistakeOptions,
): Mistake[] {
  const all = matches.flatMap(({ predictions: { boxes, scores }, matches: faces }, image) =>
    Array.from(scores).flatMap((score, i): Mistake[] => {
      if (faces[i] !== -1 || score < scoreThreshold) return [];
      return [{
        image,
        box: boxAt(boxes, i),
        caption: `score ${score.toFixed(2)}`,
        weight: score,
      }];
    })
  );
  return worst(all, limit);
}
