/**
 * The weights that ship inside the code: no file, no network, no permission. Each is loaded only
 * when it is asked for. The modules are written by `deno task embed`.
 *
 * @module
 */
import { decodeBase64 } from "../numbers/base64.ts";
import type { ModelName } from "../models/registry.ts";

const EMBEDDED: { readonly [M in ModelName]?: () => Promise<{ readonly BASE64: string }> } = {
  edge: () => import("./embedded/edge.ts"),
  tiny: () => import("./embedded/tiny.ts"),
};

/**
 * Bytes of the model file (see `model_file.ts`) that ships with a model.
 *
 * Throws a `RangeError` for a model that none ships with.
 */
export async function embeddedModel(name: ModelName): Promise<Uint8Array<ArrayBuffer>> {
  const base64 = (await EMBEDDED[name]?.())?.BASE64;
  if (!base64) { // a bundle may have left it out
    throw new RangeError(
      `Cannot load model "${name}": no weights ship with it, name a weight file (or, in training, --start none)`,
    );
  }
  return decodeBase64(base64);
}
