/**
 * `detect`: photos in; drawn or anonymous copies, or JSON, out.
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
import { briefHelpText, helpText, parseArguments, type Values } from "../args.ts";
import { denoStore } from "../deno_store.ts";
import {
  anonymizedEnding,
  type AnonymizeSettings,
  anonymizeSettings,
  anonymousCopy,
  hidingOptions,
} from "./anonymize.ts";
import { DETECT } from "./options.ts";
import { refuseOriginalsIn, withoutCopies } from "./originals.ts";
import { isSameFile, outputFolder, planOutputs } from "./output.ts";
import { type PhotoFailure, type PhotoResult, REPORTERS, type StageTimes } from "./report.ts";
import { CliError, EXIT, type ExitCode } from "../exit_codes.ts";
import { type CreateDetector, type DetectorRequest, openDetector } from "../open_detector.ts";
import { listPhotos, NoPhotosError, type Photo } from "./photos.ts";
import { formatDuration, Progress, type ProgressOutput } from "../progress.ts";

type Options = Values<typeof DETECT.options>;

/** A detector as far as this command uses it. */
export type FaceDetector = Pick<Detector, "detect" | "dispose" | "model" | "device">;

/** What the command touches of the world. */
export interface DetectWorld {
  /** Makes the detector. */
  readonly createDetector: CreateDetector<FaceDetector>;
  /** Writes a line to standard output; done when it is written. */
  print(line: string): Promise<void>;
  /** Writes a line to standard error. */
  warn(line: string): void;
  /** Where progress is shown. */
  readonly progress: ProgressOutput;
  /** Told when this run is not going to write a file. */
  willNotWrite(): Promise<void>;
}

/** Smaller pictures cannot show a face: icons, tracking pixels. */
const MIN_SIDE_PX = 8;

function requestOf(options: Options): DetectorRequest {
  const { model, weights, device, maxSide } = options;
  return {
    ...{ model, weights, device, maxSide },
    scoreThreshold: options.threshold,
    nmsThreshold: options.nms,
    maxFaces: options.maxDetections,
  };
}

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
  { photo, bytes, image, faces }: {
    photo: Photo;
    bytes: Uint8Array<ArrayBuffer>;
    image: Image;
    faces: readonly Face[];
  },
  { output, settings, ms }: { output: string; settings: AnonymizeSettings; ms: StageTimes },
): Promise<Pick<PhotoResult, "anonymized" | "note">> {
  if (await isSameFile(output, photo.path)) {
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

/** What is made from a photo beside the list of its faces. */
interface Product {
  /** The copy; `undefined` = none. */
  readonly output: string | undefined;
  /** Whether scores and time are drawn, too. */
  readonly labels: boolean;
  /** How faces are hidden instead; `undefined` = they are not. */
  readonly settings: AnonymizeSettings | undefined;
}

async function detectIn(
  photo: Photo,
  detector: FaceDetector,
  { output, labels, settings }: Product,
): Promise<PhotoResult> {
  const ms: StageTimes = {};
  const bytes = await photo.read();
  const image = await timed(ms, "decode", () => decodePhoto(bytes));
  checkSize(image);
  const wanted = settings && hidingOptions(settings, detector.model);
  const faces = await timed(ms, "detect", () => detector.detect(image, wanted));
  const { width, height } = image;
  const result = { image: photo.path, width, height, faces, ms, model: detector.model };
  if (output === undefined) return result;
  if (settings === undefined) return await draw(image, faces, { output, labels, ms }), result;
  const hidden = await hide({ photo, bytes, image, faces }, { output, settings, ms });
  return { ...result, ...hidden };
}

/** One word for what is wrong with a photo. */
function codeOf(error: Error): string {
  const isOurs = error instanceof ImageDecodeError || error instanceof NoPhotosError ||
    error instanceof TooSmallError;
  if (isOurs) return error.code;
  return error.cause instanceof Deno.errors.NotFound ? "not_found" : "failed";
}

function failureOf(photo: Photo, error: Error): PhotoFailure {
  return { image: photo.path, error: { code: codeOf(error), message: error.message } };
}

/** The sentence for people, which names the file. */
function sentenceOf({ image, error }: PhotoFailure): string {
  if (error.message.includes(`"${image}"`)) return error.message;
  return `${image === "-" ? "standard input" : image}: ${error.message}`;
}

function progressText(done: number, total: number, startMs: number): string {
  const perPhoto = (performance.now() - startMs) / Math.max(1, done);
  const left = done === 0 ? "" : `, ${formatDuration(perPhoto * (total - done))} left`;
  return `${done} of ${total} photos${left}`;
}

async function detectInAll(
  photos: readonly Photo[],
  outputs: readonly string[],
  { detector, options, settings, world }: {
    detector: FaceDetector;
    options: Options;
    settings: AnonymizeSettings | undefined;
    world: DetectWorld;
  },
): Promise<ExitCode> {
  const format = options.json ? "json" : options.jsonl ? "jsonl" : "text";
  const reporter = REPORTERS[format]((line) => world.print(line));
  const progress = new Progress(world.progress);
  const start = performance.now();
  let exitCode: ExitCode = EXIT.ok;
  for (const [i, photo] of photos.entries()) {
    if (photos.length > 1) progress.show(progressText(i, photos.length, start));
    const output = outputs[i];
    try {
      const result = await detectIn(photo, detector, { output, labels: options.labels, settings });
      progress.clear();
      await reporter.photo(result, output);
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) throw error;
      const failure = failureOf(photo, error as Error);
      progress.clear();
      world.warn(`error: ${sentenceOf(failure)}`);
      await reporter.photo(failure, undefined);
      exitCode = EXIT.someFailed;
    }
  }
  await reporter.end();
  return exitCode;
}

/**
 * Runs `detect` with these arguments; see `detect_options.ts` for what they are.
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
  const inputs = [...options.image, ...positionals];
  if (inputs.length === 0) throw new CliError(EXIT.usage, "Cannot find faces: no photo is given");
  if (options.json && options.jsonl) {
    throw new CliError(EXIT.usage, "Cannot use --json: --jsonl is given too");
  }
  const settings = anonymizeSettings(options), folder = outputFolder(options.output);
  let photos = await listPhotos(inputs);
  if (settings !== undefined && folder !== undefined) {
    await refuseOriginalsIn(folder, inputs);
    photos = await withoutCopies(photos, folder);
  }
  const writes = settings !== undefined || options.output !== undefined ||
    !(options.json || options.jsonl);
  const endingOf = settings && anonymizedEnding;
  const outputs = writes ? await planOutputs(photos, options.output, endingOf) : [];
  if (!writes) await world.willNotWrite();

  const detector = await openDetector(denoStore, world.createDetector, requestOf(options));
  try {
    world.warn(`${detector.model} on ${detector.device.name}: ${detector.device.reason}`);
    return await detectInAll(photos, outputs, { detector, options, settings, world });
  } finally {
    detector.dispose();
  }
}
