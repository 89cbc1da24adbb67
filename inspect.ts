/**
 * Prints a model layer by layer: `deno task inspect tiny`, or `--help`.
 *
 * @module
 */
import { runCommand } from "./lib/cli/exit_codes.ts";
import { inspectCommand } from "./lib/cli/inspect/command.ts";

if (import.meta.main) {
  await runCommand(() => Promise.resolve(inspectCommand(Deno.args, console.log)));
}
