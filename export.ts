/**
 * Writes a model as an ONNX or safetensors file: `deno task export tiny`, or `--help`.
 *
 * @module
 */
import { denoStore } from "./lib/cli/deno_store.ts";
import { runCommand } from "./lib/cli/exit_codes.ts";
import { exportCommand } from "./lib/cli/export/command.ts";

if (import.meta.main) {
  await runCommand(() =>
    exportCommand(Deno.args, { store: denoStore, print: console.log, warn: console.error })
  );
}
