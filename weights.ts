/**
 * Takes weights over from other libraries.
 *
 *     deno task weights import resnet50.pth --model tinaface --partial --output start.safetensors
 *
 * @module
 */
import { denoStore } from "./lib/cli/deno_store.ts";
import { runCommand } from "./lib/cli/exit_codes.ts";
import { weightsCommand } from "./lib/cli/weights/command.ts";

if (import.meta.main) {
  await runCommand(() =>
    weightsCommand(Deno.args, { store: denoStore, print: console.log, warn: console.error })
  );
}
