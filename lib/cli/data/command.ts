/**
 * `data`: gets data sets, converts them, looks them over.
 *
 * @module
 */
import { briefHelpText } from "../args.ts";
import { auditCommand } from "./audit_command.ts";
import { convertCommand } from "./convert_command.ts";
import { widerCommand } from "./wider_command.ts";
import type { DataWorld } from "./world.ts";
import { CliError, EXIT, type ExitCode } from "../exit_codes.ts";

export type { DataWorld } from "./world.ts";

const COMMANDS: Readonly<
  Record<string, (args: readonly string[], world: DataWorld) => Promise<ExitCode>>
> = { wider: widerCommand, convert: convertCommand, audit: auditCommand };

const HELP = briefHelpText({
  name: "deno task data",
  usage: "wider|convert|audit [options]",
  summary: "Gets data sets, converts them, looks them over. Each explains itself with --help.",
  examples: [
    ["deno task data wider", "download, check and unpack WIDER FACE (1.8 GB)"],
    [
      "deno task data convert my/photos data/yolo --format yolo",
      "the same photos as YOLO has them",
    ],
    [
      "deno task data audit my/photos --html audit.html",
      "what is in a data set, and wrong with it",
    ],
  ],
  options: {},
});

/** Runs `data` with these arguments; the first says which command. Throws what that throws. */
export async function dataCommand(args: readonly string[], world: DataWorld): Promise<ExitCode> {
  const [name, ...rest] = args;
  if (name === undefined || name === "--help" || name === "-h") return world.print(HELP), EXIT.ok;
  if (!Object.hasOwn(COMMANDS, name)) {
    const names = Object.keys(COMMANDS).map((known) => `"${known}"`).join(", ");
    throw new CliError(EXIT.usage, `Cannot run data "${name}": expected ${names}`);
  }
  return await COMMANDS[name]!(rest, world);
}
