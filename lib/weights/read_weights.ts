/**
 * Reads a weight file of any format that this project knows.
 *
 * @module
 */
import type { ReadableStore } from "../files/store.ts";
import { decodeSafetensors } from "./safetensors.ts";
import { readTfjsLayers } from "./tfjs_layers.ts";
import type { WeightMap } from "./weight_map.ts";

/**
 * The weights in a file: TF.js layers when it ends in `.json`, else safetensors.
 *
 * Throws a `SyntaxError` that names the file when it is neither, what the store throws when it is
 * missing.
 */
export async function readWeights(store: ReadableStore, path: string): Promise<WeightMap> {
  if (path.endsWith(".json")) return await readTfjsLayers(store, path);
  const bytes = await store.read(path);
  try {
    return decodeSafetensors(bytes).tensors;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new SyntaxError(`${error.message} ("${path}")`);
  }
}
