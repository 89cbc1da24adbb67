/**
 * Measures a detector on annotated photos.
 *
 *     deno task evaluate --dataset data/samples
 *
 * @module
 */
import { denoStore } from "./lib/cli/deno_store.ts";
import { evaluateCommand } from "./lib/cli/evaluate/command.ts";
import { runCommand } from "./lib/cli/exit_codes.ts";
import { startWorkerFinder } from "./lib/cli/evaluate/worker_finder.ts";
import { createDetector } from "./lib/detector/detector.ts";

if (import.meta.main) {
  await runCommand(() =>
    evaluateCommand(Deno.args, {
      store: denoStore,
      createDetector,
      startWorker: startWorkerFinder,
      print: console.log,
      warn: console.error,
    })
  );
}
