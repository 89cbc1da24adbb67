/**
 * `deno task evaluate`: how good a detector is, in numbers.
 *
 * @module
 */
import { DEVICE_NAMES } from "../backends/device.ts";
import { loadDataset } from "../datasets/load.ts";
import type { Dataset } from "../datasets/sample.ts";
import type { Detector } from "../detector/detector.ts";
import { evaluate, type Evaluation, type FaceMetrics } from "../evaluation/evaluate.ts";
import type { ReadableStore } from "../files/store.ts";
import { DEFAULT_MODEL, MODEL_NAMES } from "../models/registry.ts";
import { briefHelpText, type Command, helpText, parseArguments } from "./args.ts";
import { datasetAt } from "./dataset_argument.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import { type CreateDetector, openDetector } from "./open_detector.ts";
import { formatDuration, Progress, type ProgressOutput, stderrOutput } from "./progress.ts";
import { table } from "./table.ts";

const COMMAND = {
  name: "deno task evaluate",
  usage: "--dataset <folder> [options]",
  summary: "Measures a detector on annotated photos.",
  examples: [
    ["deno task evaluate --dataset data/samples", "the built-in weights on the samples"],
    [
      "deno task evaluate --dataset data/wider --weights runs/tiny/model-0.65.safetensors",
      "weights of your own on WIDER FACE's validation photos",
    ],
    ["deno task evaluate --dataset data/samples --json > result.json", "for programs"],
  ],
  options: {
    dataset: {
      type: "string",
      placeholder: "folder",
      help: "Labelme photos and JSON, in one folder or in images/ and labels/; or WIDER FACE",
    },
    split: {
      type: "string",
      choices: ["train", "val"],
      default: "val",
      help: "Which part of WIDER FACE",
    },
    model: { type: "string", choices: MODEL_NAMES, help: `Detector [default: ${DEFAULT_MODEL}]` },
    weights: {
      type: "string",
      placeholder: "file",
      help: "Weights (safetensors); the built-in ones when absent",
    },
    device: {
      type: "string",
      choices: ["auto", ...DEVICE_NAMES],
      default: "auto",
      help: "Where to compute",
    },
    threshold: {
      type: "number",
      min: 0,
      max: 1,
      default: 0.5,
      help: "Score from which a box is a face, for precision and recall",
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
    json: { type: "boolean", default: false, help: "Print JSON instead of a table" },
  },
} as const satisfies Command;

/** A detector as far as this command uses it. */
export type EvaluatedDetector = Pick<Detector, "detect" | "dispose" | "model" | "device">;

/** What the command needs of its surroundings. */
export interface EvaluateIo {
  /** Where photos, labels and weights are read. */
  readonly store: ReadableStore;
  /** Makes the detector. */
  readonly createDetector: CreateDetector<EvaluatedDetector>;
  /** Takes the result. */
  readonly print: (text: string) => void;
  /** Takes what is not the result. */
  readonly warn: (text: string) => void;
  /** Takes the progress line. Default: stderr. */
  readonly progress?: ProgressOutput;
}

function decimal(value: number, digits: number): string {
  return Number.isNaN(value) ? "–" : value.toFixed(digits);
}

function asText({ all, large, ...result }: Evaluation, threshold: number): string {
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

/** Runs the command; `args` are those after its name. */
export async function evaluateCommand(args: readonly string[], io: EvaluateIo): Promise<ExitCode> {
  const { help, options } = parseArguments(COMMAND, args);
  if (help) return io.print(helpText(COMMAND)), EXIT.ok;
  if (options.dataset === undefined) return io.warn(briefHelpText(COMMAND)), EXIT.usage;

  const spec = await datasetAt(io.store, options.dataset, options.split);
  const dataset = await loadDataset(io.store, spec);
  const { model, weights, device, nms: nmsThreshold, maxSide } = options;
  const request = { model, weights, device, nmsThreshold, maxSide };
  const detector = await openDetector(io.store, io.createDetector, request);
  try {
    for (const problem of dataset.problems) io.warn(problem);
    return await measure(dataset, detector, options, io);
  } finally {
    detector.dispose();
  }
}

async function measure(
  dataset: Dataset,
  detector: EvaluatedDetector,
  { threshold, json }: { threshold: number; json: boolean },
  { store, print, warn, progress: output = stderrOutput }: EvaluateIo,
): Promise<ExitCode> {
  const { model, device } = detector;
  const total = dataset.samples.length;
  warn(`${dataset.name}: ${total} photos; ${model} on ${device.name} (${device.reason})`);
  const progress = new Progress(output), start = output.now();
  const result = await evaluate({
    dataset,
    store,
    detector,
    scoreThreshold: threshold,
    onPhoto(done) {
      const leftMs = (output.now() - start) / done * (total - done);
      progress.show(`${done} of ${total} photos, ${formatDuration(leftMs)} left`);
    },
  });
  progress.clear();
  for (const problem of result.problems) warn(problem);
  const head = { dataset: dataset.name, model, device: device.name, threshold };
  print(json ? JSON.stringify({ ...head, ...result }) : asText(result, threshold));
  return result.problems.length > 0 ? EXIT.someFailed : EXIT.ok;
}
