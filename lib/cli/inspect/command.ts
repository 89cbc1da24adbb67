/**
 * `deno task inspect`: a model printed layer by layer.
 *
 * @module
 */
import { type GraphSummary, summarize } from "../../graph/analysis.ts";
import type { InferenceModel } from "../../models/detector_model.ts";
import { ALPHAS } from "../../models/mobilenet_v2.ts";
import { DEFAULT_MODEL, inferenceModel, MODEL_NAMES } from "../../models/registry.ts";
import { type Command, helpText, parseArguments, type Values } from "../args.ts";
import { CliError, EXIT, type ExitCode } from "../exit_codes.ts";
import { table } from "../table.ts";

const COMMAND = {
  name: "deno task inspect",
  usage: "[model] [options]",
  summary: `Prints a model layer by layer (${MODEL_NAMES.join(", ")}).`,
  examples: [
    ["deno task inspect tiny", "Layers, shapes, parameters, multiply-adds, memory"],
    ["deno task inspect tiny --alpha 0.75 --grid-size 14", "Of a wider backbone and a finer grid"],
  ],
  options: {
    alpha: {
      type: "string",
      choices: ALPHAS.map(String),
      help: "Width of the backbone [default: 0.35]",
    },
    inputSize: {
      type: "number",
      integer: true,
      placeholder: "px",
      help: "Side of the input [default: 224]",
    },
    gridSize: { type: "number", integer: true, help: "Cells along a side [default: 7]" },
    json: { type: "boolean", default: false, help: "Print JSON instead of a table" },
  },
} as const satisfies Command;

/** Settings of the model that the flags change. */
function settingsOf({ alpha, inputSize, gridSize }: Values<typeof COMMAND.options>) {
  const settings = { alpha: alpha === undefined ? undefined : Number(alpha), inputSize, gridSize };
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}

/** Runs the command; `args` are those after its name. */
export function inspectCommand(args: readonly string[], print: (text: string) => void): ExitCode {
  const { help, options, positionals } = parseArguments(COMMAND, args);
  if (help) return print(helpText(COMMAND)), EXIT.ok;
  const [name = DEFAULT_MODEL, ...others] = positionals;
  if (others.length > 0) {
    throw new CliError(EXIT.usage, `Cannot inspect "${others[0]}": one model at a time`);
  }
  const model = buildModel(name, settingsOf(options));
  const summary = summarize(model.graph, model.input.size);
  print(options.json ? asJson(model, summary) : asText(model, summary));
  return EXIT.ok;
}

function buildModel(name: string, settings: Readonly<Record<string, unknown>>): InferenceModel {
  try {
    return inferenceModel(name, settings);
  } catch (error) {
    throw new CliError(EXIT.usage, (error as Error).message, { cause: error });
  }
}

const count = (n: number) => n.toLocaleString("en-US");
const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(2)} MiB`;

function asText({ name, config, input: { size } }: InferenceModel, summary: GraphSummary): string {
  const rows = summary.nodes.map(({ node, shape, parameters, multiplyAdds }) => [
    node.name,
    node.op,
    shape.join("×"),
    count(parameters),
    count(multiplyAdds),
  ]);
  return [
    `${name} ${JSON.stringify(config)}`,
    "",
    table([["layer", "operation", "output", "parameters", "multiply-adds"], ...rows]),
    "",
    table([
      ["input", `${size.width}×${size.height}`],
      ["parameters", count(summary.parameters)],
      ["  of these learnt", count(summary.learnedParameters)],
      ["multiply-adds", count(summary.multiplyAdds)],
      ["weights as float32", mebibytes(summary.weightBytes)],
      ["largest activation, a photo", mebibytes(summary.largestActivationBytes)],
      ["activations at once, detecting", mebibytes(summary.peakActivationBytes)],
      ["activations kept, training, a photo", mebibytes(summary.trainingActivationBytes)],
    ]),
  ].join("\n");
}

function asJson({ name, config }: InferenceModel, { nodes, ...totals }: GraphSummary): string {
  const layers = nodes.map(({ node, shape, parameters, multiplyAdds }) => ({
    layer: node.name,
    operation: node.op,
    output: shape,
    parameters,
    multiplyAdds,
  }));
  return JSON.stringify({ model: name, config, ...totals, layers });
}
