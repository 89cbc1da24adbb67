/**
 * Finds faces for a queue that many machines share: `deno task worker --nats nats://…`, or `--help`.
 *
 * @module
 */
import { startWorkerDetector } from "./lib/cli/detect/photo_detector.ts";
import { runCommand } from "./lib/cli/exit_codes.ts";
import { listenForInterrupt } from "./lib/cli/interrupt.ts";
import { workerCommand } from "./lib/cli/worker/command.ts";
import { createDetector } from "./lib/detector/detector.ts";

if (import.meta.main) {
  const encoder = new TextEncoder();
  const stdout = Deno.stdout.writable.getWriter();
  using interrupt = listenForInterrupt("stopping after the photos in hand; once more ends at once");
  await runCommand(() =>
    workerCommand(Deno.args, {
      createDetector,
      startWorker: startWorkerDetector,
      print: (line) => stdout.write(encoder.encode(`${line}\n`)),
      warn: (line) => console.error(line),
      signal: interrupt.signal,
    })
  );
  Deno.exit(); // else a read of standard input that nobody waits for would keep the process
}
