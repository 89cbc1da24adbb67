/**
 * The command line of `detect`.
 *
 * @module
 */
import { DETECTOR_DEVICES } from "../../detector/runner.ts";
import { DEFAULT_MODEL, MODEL_NAMES } from "../../models/registry.ts";
import type { Command, Values } from "../args.ts";
import { CliError, EXIT } from "../exit_codes.ts";
import { LOOK_FLAGS, type LookFlags, looksOf } from "../look_flags.ts";
import type { DetectorRequest } from "../open_detector.ts";
import { ANONYMIZE_FLAGS } from "./anonymize.ts";
import { isResultsPath } from "./output.ts";

/** The command line of `detect`. */
export const DETECT = {
  name: "deno task detect",
  usage: "[options] <photo, folder or glob>…",
  summary: "Finds the faces in photos (JPEG, PNG, GIF, WebP, BMP).",
  examples: [
    ["deno task detect photo.jpg", "Draw the faces on a copy, output/photo.faces.jpg"],
    ["deno task detect photo.jpg --output faces.png", "Say where the copy goes"],
    ["deno task detect --jsonl holidays/ > faces.jsonl", "A folder as data, one line a photo"],
    ["deno task detect holidays/ --anonymize blur", "Copies whose faces cannot be recognised"],
    ["cat photo.jpg | deno task detect --json -", "A photo from standard input"],
    [
      "deno task detect archive/ -o faces.jsonl --jobs 8 --resume",
      "A large folder, on 8 cores; the same again goes on where it was stopped",
    ],
    [
      "deno task detect --jsonl - < jobs.jsonl",
      'Jobs of a program, {"id": …, "path" | "url" | "base64": …} a line',
    ],
  ],
  options: {
    image: {
      type: "string",
      multiple: true,
      placeholder: "file",
      help: "Photo, folder or glob, like one without the flag; - is standard input",
    },
    list: {
      type: "string",
      multiple: true,
      placeholder: "file",
      help: "Take photos and folders from a list, one a line or between NULs; - is standard input",
    },
    output: {
      type: "string",
      alias: "o",
      placeholder: "path",
      help:
        "Copies: a .jpg or .png file, or a folder [default: output/, none drawn with --json(l)]; or the answers: a .jsonl file",
    },
    json: { type: "boolean", help: "Print the faces as one JSON document", default: false },
    jsonl: {
      type: "boolean",
      help: "Print the faces as JSON, one line a photo; - is then a stream of jobs",
      default: false,
    },
    threshold: {
      type: "number",
      min: 0,
      max: 1,
      help:
        "Leave out faces scored below this [default: what suits the model, less with --anonymize]",
    },
    nms: {
      type: "number",
      min: 0,
      max: 1,
      placeholder: "iou",
      help: "Of boxes that overlap more than this keep the best one [default: 0.45]",
    },
    maxDetections: { type: "number", min: 1, integer: true, help: "At most so many faces a photo" },
    maxSide: {
      type: "number",
      min: 1,
      integer: true,
      placeholder: "px",
      help:
        "Shrink photos to this long side before detection; never enlarges [default: 1024 for edge]",
    },
    ...LOOK_FLAGS,
    model: { type: "string", choices: MODEL_NAMES, help: `Detector [default: ${DEFAULT_MODEL}]` },
    weights: { type: "string", placeholder: "file", help: "Trained weights instead of its own" },
    device: {
      type: "string",
      choices: ["auto", ...DETECTOR_DEVICES],
      default: "auto",
      help: "Where to compute",
    },
    jobs: {
      type: "number",
      min: 1,
      integer: true,
      default: 1,
      help: "Photos at a time, each in a thread with a detector of its own",
    },
    shard: {
      type: "string",
      placeholder: "i/n",
      help: "Only part i of n, by a hash of the path; env:JOB_COMPLETION_INDEX/n: part 0 … n−1",
    },
    resume: {
      type: "boolean",
      default: false,
      help: "Leave out what the output has already; go on with its .jsonl file",
    },
    maxErrors: {
      type: "number",
      min: 1,
      integer: true,
      help: "Stop when so many photos have failed [default: go on]",
    },
    stats: {
      type: "string",
      placeholder: "file",
      help: "Write speed, device and versions as JSON",
    },
    ...ANONYMIZE_FLAGS,
    labels: { type: "boolean", default: true, help: "Draw boxes without scores and time" },
  },
} as const satisfies Command;

/** The options of `detect` as they are given. */
export type DetectOptions = Values<typeof DETECT.options>;

/** Throws a usage {@linkcode CliError} for options that contradict each other. */
export function checkTogether({ json, jsonl, output, resume }: DetectOptions): void {
  const problem = (flag: string, reason: string) =>
    new CliError(EXIT.usage, `Cannot use ${flag}: ${reason}`);
  if (json && jsonl) throw problem("--json", "--jsonl is given too");
  if (json && isResultsPath(output)) throw problem("--json", `"${output}" has a line a photo`);
  if (resume && (json || jsonl) && output === undefined) {
    throw problem("--resume", "answers go to standard output, name a .jsonl file with --output");
  }
}

/** The options that say which detector is wanted. */
export type DetectorFlags = Pick<
  DetectOptions,
  | "model"
  | "weights"
  | "device"
  | "maxSide"
  | "threshold"
  | "nms"
  | "maxDetections"
>;

/** The detector that the options ask for. */
export function detectorRequest(options: DetectorFlags & LookFlags): DetectorRequest {
  const { model, weights, device, maxSide } = options;
  return {
    ...{ model, weights, device, maxSide },
    scoreThreshold: options.threshold,
    nmsThreshold: options.nms,
    maxFaces: options.maxDetections,
    ...looksOf(options),
  };
}
