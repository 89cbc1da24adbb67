/**
 * What `deno task evaluate` can be asked.
 *
 * @module
 */
import { DETECTOR_DEVICES } from "../../detector/runner.ts";
import { INPUT_PROTOCOL_NAMES, INPUT_PROTOCOLS } from "../../evaluation/input_protocol.ts";
import { DEFAULT_MODEL, MODEL_NAMES } from "../../models/registry.ts";
import type { Command, Values } from "../args.ts";
import { CliError, EXIT } from "../exit_codes.ts";
import { LOOK_FLAGS } from "../look_flags.ts";

/** Further lines of the help start where the first one does. */
const PROTOCOLS = INPUT_PROTOCOL_NAMES
  .map((name) => `\n${" ".repeat(34)}${name}: ${INPUT_PROTOCOLS[name].summary}`).join("");

/** The command and its options. */
export const EVALUATE = {
  name: "deno task evaluate",
  usage: "--dataset <folder> [options]",
  summary: "Measures a detector on annotated photos.",
  examples: [
    ["deno task evaluate --dataset data/samples", "the built-in weights on the samples"],
    [
      "deno task evaluate --dataset data/wider --protocol vga --report report.html",
      "easy, medium and hard of WIDER FACE, with curves and the worst mistakes",
    ],
    [
      "deno task evaluate --dataset data/wider --save-predictions runs/found --jobs 2 --resume",
      "two workers; started again, it goes on where it was",
    ],
    [
      "deno task evaluate --ground-truth eval_tools/ground_truth --predictions theirs",
      "what another detector found, by WIDER FACE's protocol",
    ],
    ["deno task evaluate --dataset data/samples --json > result.json", "for programs"],
  ],
  options: {
    dataset: {
      type: "string",
      placeholder: "folder",
      help: "Annotated photos: Labelme, COCO, YOLO, VOC or WIDER FACE, see data/README.md",
    },
    split: {
      type: "string",
      choices: ["train", "val"],
      default: "val",
      help: "Which part of the data set, where it has several",
    },
    model: { type: "string", choices: MODEL_NAMES, help: `Detector [default: ${DEFAULT_MODEL}]` },
    weights: {
      type: "string",
      placeholder: "file",
      help: "Weights (safetensors); the built-in ones when absent",
    },
    device: {
      type: "string",
      choices: ["auto", ...DETECTOR_DEVICES],
      default: "auto",
      help: "Where to compute",
    },
    protocol: {
      type: "string",
      choices: INPUT_PROTOCOL_NAMES,
      default: "original",
      help: `How large photos are shown, if the model leaves the choice:${PROTOCOLS}`,
    },
    threshold: {
      type: "number",
      min: 0,
      max: 1,
      default: 0.5,
      help: "Score from which a box is a face, for precision, recall and the mistakes shown",
    },
    nms: {
      type: "number",
      min: 0,
      max: 1,
      default: 0.45,
      help: "Overlap (IoU) above which the better one of two boxes stays",
    },
    maxSide: {
      type: "number",
      integer: true,
      min: 1,
      placeholder: "px",
      help: "Shrink photos to this long side before detection",
    },
    ...LOOK_FLAGS,
    jobs: {
      type: "number",
      integer: true,
      min: 1,
      max: 256,
      default: 1,
      help: "Workers that share the photos, each with a detector of its own",
    },
    groundTruth: {
      type: "string",
      placeholder: "folder",
      help:
        "WIDER FACE's .mat files, where they are not below the data set; none = do without them",
    },
    predictions: {
      type: "string",
      placeholder: "folder",
      help: "Measure these predictions (WIDER FACE's text format) instead of running a detector",
    },
    countMissing: {
      type: "boolean",
      default: false,
      help: "Photos without predictions count as photos in which nothing was found",
    },
    savePredictions: {
      type: "string",
      placeholder: "folder",
      help: "Keep what is found, photo by photo, in WIDER FACE's text format",
    },
    resume: {
      type: "boolean",
      default: false,
      help: "Go on with --save-predictions: photos that have predictions there are done",
    },
    report: {
      type: "string",
      placeholder: "file",
      help: "Write an HTML page with tables, curves and the worst mistakes",
    },
    curves: {
      type: "string",
      placeholder: "file",
      help: "Write the curves of precision over recall as SVG",
    },
    json: { type: "boolean", default: false, help: "Print JSON instead of tables" },
  },
} as const satisfies Command;

/** The values of the options. */
export type EvaluateOptions = Values<typeof EVALUATE.options>;

/** Throws a usage {@linkcode CliError} for options that do not go together. */
export function checkTogether(options: EvaluateOptions): void {
  const { dataset, groundTruth, predictions, savePredictions, resume } = options;
  const refuse = (flag: string, reason: string) => {
    throw new CliError(EXIT.usage, `Cannot use --${flag}: ${reason}`);
  };
  if (predictions !== undefined && savePredictions !== undefined) {
    refuse("save-predictions", "--predictions is given, so nothing is detected");
  }
  if (resume && savePredictions === undefined) refuse("resume", "--save-predictions is missing");
  if (dataset !== undefined) return;
  if (groundTruth !== undefined && predictions === undefined) {
    refuse("ground-truth", "neither --dataset nor --predictions is given");
  }
  if (groundTruth === undefined && predictions !== undefined) {
    refuse("predictions", "neither --dataset nor --ground-truth is given");
  }
}

/**
 * Throws a usage {@linkcode CliError} for options that only WIDER FACE's protocol has a use for.
 *
 * @param folder The data set, which comes without WIDER FACE's ground truth.
 */
export function checkWithoutWider(options: EvaluateOptions, folder: string): void {
  const { predictions, countMissing, savePredictions, report, curves } = options;
  const given = Object.entries({
    "predictions": predictions,
    "count-missing": countMissing || undefined,
    "save-predictions": savePredictions,
    report,
    curves,
  }).find(([, value]) => value !== undefined);
  if (given === undefined) return;
  const reason = `"${folder}" has no WIDER FACE ground truth; --ground-truth can name it`;
  throw new CliError(EXIT.usage, `Cannot use --${given[0]}: ${reason}`);
}
