/**
 * Finds the faces in photos: `deno task detect photo.jpg`, or `--help`.
 *
 * @module
 */
import { detectCommand } from "./lib/cli/detect/command.ts";
import { startWorkerDetector } from "./lib/cli/detect/photo_detector.ts";
import { runCommand } from "./lib/cli/exit_codes.ts";
import { listenForInterrupt } from "./lib/cli/interrupt.ts";
import { stderrOutput } from "./lib/cli/progress.ts";
import { readVariable } from "./lib/cli/variable.ts";
import { createDetector } from "./lib/detector/detector.ts";

if (import.meta.main) {
  const encoder = new TextEncoder();
  const stdout = Deno.stdout.writable.getWriter();
  using interrupt = listenForInterrupt("stopping after the photos in hand; once more ends at once");
  await runCommand(() =>
    detectCommand(Deno.args, {
      createDetector,
      startWorker: startWorkerDetector,
      print: (line) => stdout.write(encoder.encode(`${line}\n`)),
      warn: (line) => console.error(line),
      progress: stderrOutput,
      readVariable,
      signal: interrupt.signal,
      willNotWrite: async () => void await Deno.permissions.revoke({ name: "write" }),
    })
  );
  Deno.exit(); // else a read of standard input that nobody waits for would keep the process
}
