/**
 * `deno task weights`: weights of other libraries for the models of this project.
 *
 * @module
 */
import type { Store } from "../../files/store.ts";
import type { InferenceModel } from "../../models/detector_model.ts";
import { DEFAULT_MODEL, inferenceModel, MODEL_NAMES } from "../../models/registry.ts";
import { type ImportedWeights, importWeights } from "../../weights/import_weights.ts";
import { isHdf5, readKerasH5 } from "../../weights/keras_h5.ts";
import { encodeModel } from "../../weights/model_file.ts";
import { isPytorch, readPytorch } from "../../weights/pytorch.ts";
import { readTfjsLayers } from "../../weights/tfjs_layers.ts";
import type { WeightMap } from "../../weights/weight_map.ts";
import { briefHelpText, type Command, helpText, parseArguments } from "../args.ts";
import { CliError, EXIT, type ExitCode } from "../exit_codes.ts";

const COMMAND = {
  name: "deno task weights",
  usage: "import <file> [options]",
  summary: "Takes weights over from Keras (.h5, TF.js model.json) and PyTorch (.pt, .pth).",
  examples: [
    [
      "deno task weights import tinaface_r50_fpn_bn.pth --model tinaface " +
      '--settings \'{"norm":"bn","backboneNorm":"bn"}\' --output tinaface.safetensors',
      "vedadet's detector",
    ],
    [
      "deno task weights import resnet50.pth --model tinaface --partial --output start.safetensors",
      "torchvision's convolutions for a backbone with group norm, to start a training from",
    ],
    ["deno task weights import mobilenet_v2.h5", "what would fit, and what would not"],
  ],
  options: {
    model: {
      type: "string",
      choices: MODEL_NAMES,
      default: DEFAULT_MODEL,
      help: "Detector that they are for",
    },
    settings: {
      type: "string",
      placeholder: "json",
      default: "{}",
      help: "Settings of the detector that differ from its defaults",
    },
    output: {
      type: "string",
      alias: "o",
      placeholder: "file",
      help: "Where to write them (safetensors); only the report when absent",
    },
    partial: {
      type: "boolean",
      default: false,
      help: "Take what fits, although weights are missing, unexpected or of another shape",
    },
  },
} as const satisfies Command;

/** What the command needs of its surroundings. */
export interface WeightsIo {
  /** Where files are read and written. */
  readonly store: Store;
  /** Takes the result. */
  readonly print: (text: string) => void;
  /** Takes what is not the result. */
  readonly warn: (text: string) => void;
}

/** Runs the command; `args` are those after its name. */
export async function weightsCommand(args: readonly string[], io: WeightsIo): Promise<ExitCode> {
  const { help, options, positionals } = parseArguments(COMMAND, args);
  if (help) return io.print(helpText(COMMAND)), EXIT.ok;
  const [action, path, ...others] = positionals;
  if (action === undefined) return io.warn(briefHelpText(COMMAND)), EXIT.usage;
  if (action !== "import" || path === undefined || others.length > 0) {
    throw new CliError(EXIT.usage, `Cannot ${action} weights: usage is "${COMMAND.usage}"`);
  }
  const model = modelOf(options.model, options.settings);
  const result = await importFile(path, model, io.store);
  report(result, model, io);
  if (hasProblems(result) && !options.partial) {
    const advice = "--partial takes what fits, --settings changes the model";
    throw new CliError(EXIT.model, `Cannot import "${path}": it does not fit the model; ${advice}`);
  }
  if (result.weights.size === 0) {
    throw new CliError(EXIT.model, `Cannot import "${path}": nothing in it fits the model`);
  }
  if (options.output !== undefined) {
    const notes = { source: result.source.title };
    await io.store.write(options.output, encodeModel(model, result.weights, { notes }));
  }
  return EXIT.ok;
}

function modelOf(name: string, settings: string): InferenceModel {
  try {
    return inferenceModel(name, JSON.parse(settings));
  } catch (error) {
    const { message } = error as Error;
    const sentence = error instanceof SyntaxError
      ? `Cannot use --settings: it is "${settings}", expected JSON`
      : message;
    throw new CliError(EXIT.usage, sentence, { cause: error });
  }
}

async function importFile(
  path: string,
  model: InferenceModel,
  store: Store,
): Promise<ImportedWeights> {
  const bytes = await store.read(path);
  try {
    return importWeights(model, await readTensors(bytes, path, store));
  } catch (cause) {
    throw new CliError(EXIT.model, `${(cause as Error).message} ("${path}")`, { cause });
  }
}

async function readTensors(bytes: Uint8Array, path: string, store: Store): Promise<WeightMap> {
  if (isHdf5(bytes)) return readKerasH5(bytes);
  if (isPytorch(bytes)) return await readPytorch(bytes);
  if (path.endsWith(".json")) return await readTfjsLayers(store, path);
  throw new SyntaxError(
    "Cannot read weights: the file is no .h5, no PyTorch checkpoint and no model.json",
  );
}

function hasProblems({ missing, unexpected, misshaped }: ImportedWeights): boolean {
  return missing.length + unexpected.length + misshaped.length > 0;
}

function report(result: ImportedWeights, model: InferenceModel, { print, warn }: WeightsIo): void {
  const { source, weights, missing, unexpected, misshaped, surplus, notes } = result;
  const problems = { missing, unexpected, "of another shape": misshaped };
  for (const [label, names] of Object.entries(problems)) {
    for (const name of names) warn(`${label}: ${name}`);
  }
  for (const note of notes) warn(`note: ${note}`);
  const counts = Object.entries(problems).map(([label, { length }]) => `${length} ${label}`);
  print(
    `${source.title} → ${model.name}: ${weights.size} tensors fit, ${counts.join(", ")}; ` +
      `${surplus.length} not needed`,
  );
}
