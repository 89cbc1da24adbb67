/**
 * Trains a detector: `deno task train --data my/photos`, or `--help`.
 *
 * @module
 */
import { denoStore } from "./lib/cli/deno_store.ts";
import { runCommand } from "./lib/cli/exit_codes.ts";
import { listenForInterrupt } from "./lib/cli/interrupt.ts";
import { stderrOutput } from "./lib/cli/progress.ts";
import { startThreads } from "./lib/cli/train/threads.ts";
import { trainCommand } from "./lib/cli/train/command.ts";

if (import.meta.main) {
  using interrupt = listenForInterrupt(
    "stopping after this batch; once more ends at once and loses what is not saved",
  );
  await runCommand(() =>
    trainCommand(Deno.args, {
      store: denoStore,
      print: console.log,
      warn: (line) => console.error(line),
      progress: stderrOutput,
      startThreads,
      signal: interrupt.signal,
      now: () => new Date(),
    })
  );
}
