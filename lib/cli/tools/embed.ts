/**
 * `deno task embed`: a trained model becomes the one that ships.
 *
 * @module
 */
import type { Store } from "../../files/store.ts";
import { decodeModel, encodeModel } from "../../weights/model_file.ts";
import { decodeSafetensors } from "../../weights/safetensors.ts";
import { type Command, helpText, parseArguments } from "../args.ts";
import { denoStore } from "../deno_store.ts";
import { CliError, EXIT, type ExitCode, runCommand } from "../exit_codes.ts";

const COMMAND = {
  name: "deno task embed",
  usage: "<model file>",
  summary: "Makes a trained model the one that ships, as a file and inside the code.",
  examples: [["deno task embed runs/tiny/model-0.65.safetensors", "Half precision, for its model"]],
  options: {},
} as const satisfies Command;

/** Characters of base64 a line. */
const LINE = 96;

/** Runs the command; `args` are those after its name. */
export async function embedCommand(
  args: readonly string[],
  store: Store,
  print: (text: string) => void,
): Promise<ExitCode> {
  const { help, positionals: [path] } = parseArguments(COMMAND, args);
  if (help) return print(helpText(COMMAND)), EXIT.ok;
  if (path === undefined) throw new CliError(EXIT.usage, "Cannot embed a model: no file is given");
  const source = await store.read(path);
  const { model, weights } = decodeModel(source);
  const { metadata } = decodeSafetensors(source);
  const bytes = encodeModel(model, weights, { type: "F16", notes: metadata });
  const file = `data/models/${model.name}.safetensors`;
  const module = `lib/weights/embedded/${model.name}.ts`;
  await store.write(file, bytes);
  await store.write(module, new TextEncoder().encode(moduleText(file, bytes)));
  print(`${file} and ${module}: ${bytes.length} bytes of weights`);
  return EXIT.ok;
}

function moduleText(file: string, bytes: Uint8Array): string {
  const lines = bytes.toBase64().match(new RegExp(`.{1,${LINE}}`, "g")) ?? [];
  return `// Written by "deno task embed"; the bytes of ${file}. Not to be edited.\n` +
    `// deno-fmt-ignore-file\n` +
    `/** The model file as base64, with line breaks. */\n` +
    `export const BASE64 = \`\n${lines.join("\n")}\n\`;\n`;
}

if (import.meta.main) {
  await runCommand(() => embedCommand(Deno.args, denoStore, console.log));
}
