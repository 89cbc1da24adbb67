/**
 * Trains a detector: `deno task train --data my/photos`, or `--help`.
 *
 * @module
 */
import { denoStore } from "./lib/cli/deno_store.ts";
import { runCommand } from "./lib/cli/exit_codes.ts";
import { stderrOutput } from "./lib/cli/progress.ts";
import { startThreads } from "./lib/cli/train/threads.ts";
import { trainCommand } from "./lib/cli/train/command.ts";

if (import.meta.main) {
  const interrupt = new AbortController();
  const stop = () => {
    console.error(
      "\nstopping after this batch; once more ends at once and loses what is not saved",
    );
    for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.removeSignalListener(signal, stop);
    interrupt.abort();
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, stop);
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
  if (!interrupt.signal.aborted) {
    for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.removeSignalListener(signal, stop);
  }
}
