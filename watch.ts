/**
 * Shows a training while it goes on: `deno task watch`, or `--help`.
 *
 * @module
 */
import { runCommand } from "./lib/cli/exit_codes.ts";
import { listenForInterrupt } from "./lib/cli/interrupt.ts";
import { watchCommand } from "./lib/cli/watch/command.ts";

if (import.meta.main) {
  using interrupt = listenForInterrupt("ending");
  await runCommand(() =>
    watchCommand(Deno.args, {
      print: console.log,
      warn: (line) => console.error(line),
      signal: interrupt.signal,
    })
  );
}
