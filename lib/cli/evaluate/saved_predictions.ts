/**
 * The folder that an evaluation keeps its predictions in, so that it can go on where it was stopped.
 *
 * @module
 */
import { joinPath } from "../../datasets/paths.ts";
import { readPredictions } from "../../evaluation/prediction_folder.ts";
import type { Predictions } from "../../evaluation/wider_protocol.ts";
import type { ReadableStore, Store } from "../../files/store.ts";
import { DEFAULT_MODEL } from "../../models/registry.ts";
import type { EvaluateOptions } from "./options.ts";
import { CliError, EXIT } from "../exit_codes.ts";
import { looksOf } from "../look_flags.ts";

const SETTINGS_FILE = "settings.json";

/** SHA-256 of a file, in hexadecimal. */
async function hashOf(store: ReadableStore, path: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", await store.read(path))).toHex();
}

/** All that the predictions depend on, apart from rounding on different devices. */
async function settingsOf(store: ReadableStore, options: EvaluateOptions): Promise<string> {
  const { model = DEFAULT_MODEL, weights, protocol, nms, maxSide = null } = options;
  const weightsHash = weights === undefined ? "built-in" : await hashOf(store, weights);
  const settings = { model, weights: weightsHash, protocol, nms, maxSide, ...looksOf(options) };
  return JSON.stringify(settings, null, 2) + "\n";
}

/**
 * Opens the folder: an empty one, or with `--resume` one that was begun with the same settings.
 *
 * Throws a usage {@linkcode CliError} when it holds anything else, so that nothing is mixed up or
 * overwritten.
 *
 * @returns The predictions that are there already, by the photo's id.
 */
export async function openSavedPredictions(
  store: Store,
  folder: string,
  ids: readonly string[],
  options: EvaluateOptions,
): Promise<Map<string, Predictions>> {
  const path = joinPath(folder, SETTINGS_FILE);
  const settings = await settingsOf(store, options);
  const isEmpty = (await store.list(folder)).length === 0;
  if (isEmpty) {
    await store.write(path, new TextEncoder().encode(settings));
    return new Map();
  }
  const refuse = (reason: string) =>
    new CliError(EXIT.usage, `Cannot save predictions in "${folder}": ${reason}`);
  if (!options.resume) throw refuse("it is not empty; --resume goes on with it");
  const begun = await store.has(path) ? new TextDecoder().decode(await store.read(path)) : "";
  if (begun !== settings) {
    throw refuse(`what is there was not made with these settings, see "${path}"`);
  }
  return await readPredictions(store, folder, ids);
}
