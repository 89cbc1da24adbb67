/**
 * Gets data sets ready for training: `deno task data wider`, or `--help`.
 *
 * @module
 */
import { dataCommand } from "./lib/cli/data/command.ts";
import { runCommand } from "./lib/cli/exit_codes.ts";

if (import.meta.main) {
  await runCommand(() => dataCommand(Deno.args, { print: console.log, warn: console.error }));
}
