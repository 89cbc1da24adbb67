/**
 * The command line of `train`.
 *
 * @module
 */
import { DEVICE_NAMES } from "../../backends/device.ts";
import { TRAINING_BUILDS } from "../../kernels/register.ts";
import { MODEL_NAMES } from "../../models/registry.ts";
import { ALPHAS } from "../../models/mobilenet_v2.ts";
import type { Command, Values } from "../args.ts";
import { CliError, EXIT } from "../exit_codes.ts";

/** The command line of `train`. */
export const TRAIN = {
  name: "deno task train",
  usage: "[options]",
  summary: "Trains a detector on annotated photos.",
  examples: [
    ["deno task train --config data/samples/train.json", "A minute on the samples, no download"],
    ["deno task train --data my/photos", "On your own photos, labelled with Labelme"],
    ["deno task train --config data/recipes/tiny.json", "As the weights that ship were trained"],
    ["deno task train --resume runs/20260131-120000", "Go on with an interrupted run"],
  ],
  options: {
    config: { type: "string", placeholder: "file", help: "JSON with the settings that differ" },
    data: {
      type: "string",
      multiple: true,
      placeholder: "folder",
      help: "Photos to learn from: Labelme, COCO, YOLO, VOC or WIDER FACE",
    },
    validation: {
      type: "string",
      multiple: true,
      placeholder: "folder",
      help: "Photos to measure with after each epoch [default: a tenth of --data is held out]",
    },
    model: { type: "string", choices: MODEL_NAMES, help: "Detector [default: tiny]" },
    alpha: {
      type: "string",
      choices: ALPHAS.map(String),
      help: "Width of the backbone of tiny [default: 0.35]",
    },
    start: {
      type: "string",
      placeholder: "file",
      help: "Weights to start from, or none [default: the weights that ship with the model]",
    },
    trainable: {
      type: "boolean",
      help: "Train the backbone too (a tenth of the learning rate suits it)",
    },
    epochs: { type: "number", integer: true, min: 1, help: "Times that all photos are seen" },
    batchSize: { type: "number", integer: true, min: 1, help: "Photos in a step" },
    learningRate: { type: "number", min: 0, help: "Full learning rate" },
    seed: { type: "number", integer: true, min: 0, help: "All randomness comes from it" },
    set: {
      type: "string",
      multiple: true,
      placeholder: "key=value",
      help: "Any setting by its path, such as optimizer.weightDecay=0",
    },
    output: {
      type: "string",
      alias: "o",
      placeholder: "folder",
      help: "Where the run goes [default: runs/<time>]",
    },
    logs: {
      type: "string",
      placeholder: "folder",
      default: "logs/fit",
      help: "Where TensorBoard's logs go, in a folder named like the run",
    },
    resume: { type: "string", placeholder: "folder", help: "Go on with the run in this folder" },
    device: {
      type: "string",
      choices: ["auto", ...DEVICE_NAMES],
      default: "auto",
      help: "Where to compute",
    },
    kernels: {
      type: "string",
      choices: TRAINING_BUILDS,
      help: "What gradients run on, on wasm [default: the fastest that runs here]",
    },
    workers: {
      type: "number",
      integer: true,
      min: 1,
      help: "Threads that compute [default: one a core on wasm, else 1]",
    },
    profile: { type: "boolean", help: "Print the time that each kernel took" },
  },
} as const satisfies Command;

/** What `train` was told. */
export type TrainArguments = Values<typeof TRAIN.options>;

/** The settings that the flags change, in the shape of a config file. */
export function flagsAsConfig(args: TrainArguments): Record<string, unknown> {
  const changes: Record<string, unknown> = {};
  const put = (path: string, value: unknown) =>
    value === undefined || setPath(changes, path, value);
  put("model.name", args.model);
  put("model.settings", args.alpha === undefined ? undefined : { alpha: Number(args.alpha) });
  put("start", args.start === "none" ? null : args.start);
  put("frozen", args.trainable === undefined ? undefined : args.trainable ? [] : ["backbone"]);
  put("epochs", args.epochs);
  put("batchSize", args.batchSize);
  put("schedule.base", args.learningRate);
  put("seed", args.seed);
  for (const assignment of args.set) {
    const [path, value] = parseAssignment(assignment);
    setPath(changes, path, value);
  }
  return changes;
}

function parseAssignment(text: string): [path: string, value: unknown] {
  const equals = text.indexOf("=");
  if (equals < 1) {
    throw new CliError(EXIT.usage, `Cannot use --set: it is "${text}", expected key=value`);
  }
  const value = text.slice(equals + 1);
  try {
    return [text.slice(0, equals), JSON.parse(value)];
  } catch {
    return [text.slice(0, equals), value]; // not JSON: a text without quotes
  }
}

function setPath(target: Record<string, unknown>, path: string, value: unknown): void {
  const keys = path.split(".");
  let inner = target;
  for (const key of keys.slice(0, -1)) inner = (inner[key] ??= {}) as Record<string, unknown>;
  inner[keys.at(-1)!] = value;
}
