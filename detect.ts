/**
 * Finds the faces in photos: `deno task detect photo.jpg`, or `--help`.
 *
 * @module
 */
import { detectCommand } from "./lib/cli/detect/command.ts";
import { runCommand } from "./lib/cli/exit_codes.ts";
import { stderrOutput } from "./lib/cli/progress.ts";
import { createDetector } from "./lib/detector/detector.ts";

if (import.meta.main) {
  const encoder = new TextEncoder();
  const stdout = Deno.stdout.writable.getWriter();
  await runCommand(() =>
    detectCommand(Deno.args, {
      createDetector,
      print: (line) => stdout.write(encoder.encode(`${line}\n`)),
      warn: (line) => console.error(line),
      progress: stderrOutput,
      willNotWrite: async () => void await Deno.permissions.revoke({ name: "write" }),
    })
  );
}
