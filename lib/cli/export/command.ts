/**
 * `deno task export`: a model as a file for other programs.
 *
 * @module
 */
import type { Store } from "../../files/store.ts";
import type { Size } from "../../image/image.ts";
import { assertModelName, inferenceModel, MODEL_NAMES } from "../../models/registry.ts";
import { encodeOnnx } from "../../onnx/encode.ts";
import { embeddedModel } from "../../weights/embedded.ts";
import { decodeModel, encodeModel, type LoadedModel } from "../../weights/model_file.ts";
import { initialWeights } from "../../weights/weight_map.ts";
import { briefHelpText, type Command, helpText, parseArguments, type Values } from "../args.ts";
import { CliError, EXIT, type ExitCode } from "../exit_codes.ts";

const FORMATS = ["onnx", "safetensors"] as const;

/** What `--weights` means when it names no file. */
const FRESH = "none";

const COMMAND = {
  name: "deno task export",
  usage: "[model] [options]",
  summary: `Writes a model (${MODEL_NAMES.join(", ")}) as an ONNX or safetensors file.`,
  examples: [
    ["deno task export tiny", "tiny.onnx, for one photo of the size it is trained at"],
    [
      "deno task export --weights runs/mine/model.safetensors --dynamic -o mine.onnx",
      "a model of one's own, for any number of photos of any size that it takes",
    ],
    ["deno task export tinaface --weights none --size 640x480", "untrained, to measure speed"],
  ],
  options: {
    format: {
      type: "string",
      choices: FORMATS,
      help: "Kind of file [default: the one that --output ends in, else onnx]",
    },
    output: {
      type: "string",
      alias: "o",
      placeholder: "file",
      help: "Where to write it [default: <model>.<format>]",
    },
    weights: {
      type: "string",
      placeholder: "file",
      help: `Model file, or "${FRESH}" for fresh weights [default: those that ship with the model]`,
    },
    settings: {
      type: "string",
      placeholder: "json",
      help: `Settings that differ from the model's defaults, with --weights ${FRESH}`,
    },
    size: {
      type: "string",
      placeholder: "px",
      help: "Size of the input, 640 or 640x480 [default: as trained] (onnx)",
    },
    dynamic: {
      type: "boolean",
      default: false,
      help:
        "Leave open how many photos there are and, where the model takes any, their size (onnx)",
    },
    float16: { type: "boolean", default: false, help: "Store weights in half precision" },
  },
} as const satisfies Command;

type Options = Values<typeof COMMAND.options>;

/** What the command needs of its surroundings. */
export interface ExportIo {
  /** Where files are read and written. */
  readonly store: Store;
  /** Takes what was asked for: the help. */
  readonly print: (text: string) => void;
  /** Takes what was done. */
  readonly warn: (text: string) => void;
}

/** Runs the command; `args` are those after its name. */
export async function exportCommand(args: readonly string[], io: ExportIo): Promise<ExitCode> {
  const { help, options, positionals } = parseArguments(COMMAND, args);
  if (help) return io.print(helpText(COMMAND)), EXIT.ok;
  if (args.length === 0) return io.warn(briefHelpText(COMMAND)), EXIT.usage;
  const [name, ...others] = positionals;
  if (others.length > 0) {
    throw new CliError(EXIT.usage, `Cannot export "${others[0]}": one model at a time`);
  }
  const format = formatOf(options);
  checkOptions(options, format);
  const loaded = await load(name, options, io.store);
  const bytes = encode(loaded, options, format);
  const path = options.output ?? `${loaded.model.name}.${format}`;
  await io.store.write(path, bytes);
  io.warn(`${path}: ${loaded.model.name} as ${format}, ${(bytes.length / 1e6).toFixed(1)} MB`);
  return EXIT.ok;
}

function formatOf({ format, output = "" }: Options): typeof FORMATS[number] {
  return format ?? FORMATS.find((known) => output.endsWith(`.${known}`)) ?? "onnx";
}

/** Refuses options that would have no effect. */
function checkOptions(options: Options, format: string): void {
  const { size, dynamic, settings, weights } = options;
  const misused = (option: string, why: string) =>
    new CliError(EXIT.usage, `Cannot use --${option}: ${why}`);
  if (size !== undefined && dynamic) throw misused("size", "--dynamic leaves it open");
  if (format !== "onnx" && size !== undefined) throw misused("size", `a ${format} file has none`);
  if (format !== "onnx" && dynamic) throw misused("dynamic", `a ${format} file has no size`);
  if (settings !== undefined && weights !== FRESH) {
    throw misused("settings", `weights have settings of their own, except --weights ${FRESH}`);
  }
}

async function load(
  name: string | undefined,
  { weights, settings = "{}" }: Options,
  store: Store,
): Promise<LoadedModel> {
  if (name !== undefined) orUsage(() => assertModelName(name));
  if (weights !== undefined && weights !== FRESH) return await loadFile(weights, name, store);
  if (name === undefined) {
    throw new CliError(EXIT.usage, `Cannot export a model: name one of ${MODEL_NAMES.join(", ")}`);
  }
  assertModelName(name);
  if (weights === FRESH) {
    const model = orUsage(() => inferenceModel(name, parseSettings(settings)));
    return { model, weights: initialWeights(model.graph, 0) };
  }
  try {
    return decodeModel(await embeddedModel(name), name);
  } catch (cause) {
    const advice = `none ship with it, name a file with --weights, or --weights ${FRESH}`;
    throw new CliError(EXIT.model, `Cannot export "${name}" with its weights: ${advice}`, {
      cause,
    });
  }
}

async function loadFile(path: string, name: string | undefined, store: Store) {
  try {
    return decodeModel(await store.read(path), name);
  } catch (cause) {
    const { message } = cause as Error;
    const sentence = message.includes(path) ? message : `${message} ("${path}")`;
    throw new CliError(EXIT.model, sentence, { cause });
  }
}

function parseSettings(settings: string): Record<string, unknown> {
  try {
    return JSON.parse(settings);
  } catch {
    throw new SyntaxError(`Cannot use --settings: it is "${settings}", expected JSON`);
  }
}

/** Runs what can only fail for what the user wrote. */
function orUsage<Result>(run: () => Result): Result {
  try {
    return run();
  } catch (cause) {
    throw new CliError(EXIT.usage, (cause as Error).message, { cause });
  }
}

function encode(
  { model, weights }: LoadedModel,
  { size, dynamic, float16 }: Options,
  format: typeof FORMATS[number],
): Uint8Array {
  if (format === "safetensors") {
    return encodeModel(model, weights, { type: float16 ? "F16" : "F32" });
  }
  const sized = size === undefined ? {} : { size: parseSize(size) };
  return orUsage(() => encodeOnnx(model, weights, { ...sized, dynamic, float16 }));
}

function parseSize(text: string): Size {
  const [, width, height = width] = /^(\d+)(?:x(\d+))?$/.exec(text) ?? [];
  if (width === undefined) {
    throw new CliError(
      EXIT.usage,
      `Cannot use --size: it is "${text}", expected a side, or width and height as in 640x480`,
    );
  }
  return { width: Number(width), height: Number(height) };
}
