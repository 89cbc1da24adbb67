/**
 * What `detect` does with one photo: find its faces and, when it is asked to, draw them on a copy.
 *
 * @module
 */
import { decodeImage, ImageDecodeError } from "../../codec/decode.ts";
import { encoderFor } from "../../codec/encode.ts";
import type { Detector, Face } from "../../detector/detector.ts";
import { drawBoxes } from "../../image/draw.ts";
import type { Image } from "../../image/image.ts";
import { denoStore } from "../deno_store.ts";
import { BadJobError } from "./jobs.ts";
import { NoPhotosError, type Photo } from "./photos.ts";
import type { PhotoFailure, PhotoReport, PhotoResult, StageTimes } from "./report.ts";

/** A photo as bytes. Plain data: it may go to another thread. */
export interface PhotoBytes extends Pick<Photo, "id" | "path"> {
  /** The file. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What is made from a photo beside the list of its faces. Plain data. */
export interface Product {
  /** The file that is drawn; `undefined` = none. */
  readonly output: string | undefined;
  /** Whether scores and time are drawn, too. */
  readonly labels: boolean;
}

/** Smaller pictures cannot show a face: icons, tracking pixels. */
const MIN_SIDE_PX = 8;

/** Runs one stage and notes how long it took. */
async function timed<Result>(
  ms: StageTimes,
  stage: string,
  run: () => Result | Promise<Result>,
): Promise<Result> {
  const start = performance.now();
  const result = await run();
  ms[stage] = performance.now() - start;
  return result;
}

/** A picture too small to show a face. */
class TooSmallError extends Error {
  readonly code = "too_small";
}

function checkSize({ width, height }: Image): void {
  if (Math.min(width, height) >= MIN_SIDE_PX) return;
  const expected = `expected at least ${MIN_SIDE_PX} pixels a side`;
  throw new TooSmallError(`Cannot find faces: the size is "${width}x${height}", ${expected}`);
}

/** The copy with the faces, encoded as the output's name says. */
async function draw(
  image: Image,
  faces: readonly Face[],
  { output, labels, ms }: { output: string; labels: boolean; ms: StageTimes },
): Promise<void> {
  const boxes = Float32Array.from(
    faces.flatMap(({ box: { x, y, width, height } }) => [x, y, x + width, y + height]),
  );
  const texts = {
    labels: faces.map(({ score }) => `face ${score.toFixed(2)}`),
    note: `Time: ${(ms.detect! / 1000).toFixed(2)}`,
  };
  const drawn = await timed(ms, "draw", () => drawBoxes(image, boxes, labels ? texts : {}));
  const file = await timed(ms, "encode", () => encoderFor(output)!(drawn));
  await denoStore.write(output, file);
}

async function detectIn(
  { id, path, bytes }: PhotoBytes,
  detector: Pick<Detector, "detect" | "model">,
  { output, labels }: Product,
): Promise<PhotoResult> {
  const ms: StageTimes = {};
  const image = await timed(ms, "decode", () => decodeImage(bytes));
  checkSize(image);
  const faces = await timed(ms, "detect", () => detector.detect(image));
  if (output !== undefined) await draw(image, faces, { output, labels, ms });
  const { width, height } = image;
  return { ...named({ id, path }), width, height, faces, ms, model: detector.model };
}

/** How answers name their photo. */
function named({ id, path }: Pick<Photo, "id" | "path">): Pick<PhotoResult, "id" | "image"> {
  return { ...(id === undefined ? {} : { id }), image: path };
}

/** One word for what is wrong with a photo. */
function codeOf(error: Error): string {
  const isOurs = error instanceof ImageDecodeError || error instanceof NoPhotosError ||
    error instanceof TooSmallError || error instanceof BadJobError;
  if (isOurs) return error.code;
  return error.cause instanceof Deno.errors.NotFound ? "not_found" : "failed";
}

/** The answer for a photo that failed. */
export function failureOf(photo: Pick<Photo, "id" | "path">, error: Error): PhotoFailure {
  return { ...named(photo), error: { code: codeOf(error), message: error.message } };
}

/** Does it; what goes wrong with the photo is an answer, too. */
export async function processPhoto(
  photo: PhotoBytes,
  detector: Pick<Detector, "detect" | "model">,
  product: Product,
): Promise<PhotoReport> {
  try {
    return await detectIn(photo, detector, product);
  } catch (error) {
    return failureOf(photo, error as Error);
  }
}
