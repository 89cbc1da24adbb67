/**
 * What `detect` does with one photo: find its faces and, when it is asked to, draw them on a copy.
 *
 * @module
 */
import { ImageDecodeError } from "../../codec/decode.ts";
import { decodePhoto } from "../../codec/decode_photo.ts";
import { encoderFor } from "../../codec/encode.ts";
import type { Detector, Face } from "../../detector/detector.ts";
import { boxesOf } from "../../geometry/faces.ts";
import { drawBoxes } from "../../image/draw.ts";
import type { Image } from "../../image/image.ts";
import { denoStore } from "../deno_store.ts";
import { type AnonymizeSettings, anonymousCopy, hidingOptions } from "./anonymize.ts";
import { BadJobError } from "./jobs.ts";
import { isSameFile } from "./output.ts";
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
  /** How faces are hidden instead; `undefined` = they are not. */
  readonly settings: AnonymizeSettings | undefined;
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
  const texts = {
    labels: faces.map(({ score }) => `face ${score.toFixed(2)}`),
    note: `Time: ${(ms.detect! / 1000).toFixed(2)}`,
  };
  const drawn = await timed(
    ms,
    "draw",
    () => drawBoxes(image, boxesOf(faces), labels ? texts : {}),
  );
  const file = await timed(ms, "encode", () => encoderFor(output)!(drawn));
  await denoStore.write(output, file);
}

/** The copy on which the faces are hidden; says what its result has to say about it. */
async function hide(
  { photo: { path, bytes }, image, faces }: {
    photo: PhotoBytes;
    image: Image;
    faces: readonly Face[];
  },
  { output, settings, ms }: { output: string; settings: AnonymizeSettings; ms: StageTimes },
): Promise<Pick<PhotoResult, "anonymized" | "note">> {
  if (await isSameFile(output, path)) {
    throw new Error(`Cannot write "${output}": it is the photo itself`);
  }
  const { file, note } = await timed(
    ms,
    "anonymize",
    () => anonymousCopy(bytes, { image, faces, output }, settings),
  );
  await denoStore.write(output, file);
  return { anonymized: settings.cover.method, ...(note === undefined ? {} : { note }) };
}

async function detectIn(
  photo: PhotoBytes,
  detector: Pick<Detector, "detect" | "model">,
  { output, labels, settings }: Product,
): Promise<PhotoResult> {
  const ms: StageTimes = {};
  const image = await timed(ms, "decode", () => decodePhoto(photo.bytes));
  checkSize(image);
  const wanted = settings && hidingOptions(settings, detector.model);
  const faces = await timed(ms, "detect", () => detector.detect(image, wanted));
  const { width, height } = image;
  const result = { ...named(photo), width, height, faces, ms, model: detector.model };
  if (output === undefined) return result;
  if (settings === undefined) return await draw(image, faces, { output, labels, ms }), result;
  return { ...result, ...await hide({ photo, image, faces }, { output, settings, ms }) };
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
