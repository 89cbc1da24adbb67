/**
 * The file of `detect --stats`: what was done, how fast, by what.
 *
 * @module
 */
import { DEFAULT_MODEL } from "../../models/registry.ts";
import { embeddedModel } from "../../weights/embedded.ts";
import { denoStore } from "../deno_store.ts";
import { VERSION } from "../version.ts";
import type { DetectOptions } from "./options.ts";
import type { PhotoDetector } from "./photo_detector.ts";
import type { Outcome } from "./run.ts";

async function weightsHash(
  { weights, model }: Pick<DetectOptions, "model" | "weights">,
): Promise<string> {
  const bytes = weights === undefined
    ? await embeddedModel(model ?? DEFAULT_MODEL)
    : await denoStore.read(weights);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

/** Writes it, as a whole or not at all. */
export async function writeStats(
  path: string,
  { stats, stopped }: Outcome,
  { detectors, skipped = 0, options }: {
    detectors: readonly PhotoDetector[];
    skipped?: number;
    options: Pick<DetectOptions, "model" | "weights"> & Partial<Pick<DetectOptions, "shard">>;
  },
): Promise<void> {
  const { model, device } = detectors[0]!;
  const figures = {
    ...stats.summary(),
    skipped,
    stopped: stopped ?? null,
    shard: options.shard ?? null,
    jobs: detectors.length,
    model,
    weightsSha256: await weightsHash(options),
    device,
    cores: navigator.hardwareConcurrency,
    platform: `${Deno.build.os} ${Deno.build.arch}`,
    versions: { tinyface: VERSION, deno: Deno.version.deno },
  };
  await denoStore.write(path, new TextEncoder().encode(`${JSON.stringify(figures, null, 2)}\n`));
}
