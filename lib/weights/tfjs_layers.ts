/**
 * Reads the weights of a Keras model in the TF.js layers format (`model.json` and its `.bin` files);
 * the ImageNet backbones are published that way. The topology is not read.
 *
 * @module
 */
import type { ReadableStore } from "../files/store.ts";
import { type NdArray, sizeOf } from "../numbers/nd_array.ts";

interface Manifest {
  readonly paths: string[];
  readonly weights: { name: string; shape: number[]; dtype: string; quantization?: unknown }[];
}

/**
 * The weights by their Keras names, `<layer>/<role>`.
 *
 * @param path Where `model.json` lies.
 * Throws a `SyntaxError` when it is not such a file or its numbers are cut short.
 */
export async function readTfjsLayers(
  store: ReadableStore,
  path: string,
): Promise<Map<string, NdArray>> {
  const manifest = parseManifest(new TextDecoder().decode(await store.read(path)), path);
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const weights = new Map<string, NdArray>();
  for (const group of manifest) {
    const shards = await Promise.all(group.paths.map((shard) => store.read(folder + shard)));
    const data = await new Blob(shards).arrayBuffer();
    let offset = 0;
    for (const { name, shape, dtype, quantization } of group.weights) {
      if (dtype !== "float32" || quantization !== undefined) {
        throw new SyntaxError(`Cannot read weights: "${name}" in "${path}" is not plain float32`);
      }
      const end = offset + 4 * sizeOf(shape);
      if (end > data.byteLength) {
        throw new SyntaxError(`Cannot read weights: the numbers beside "${path}" are cut short`);
      }
      weights.set(name, { shape, data: new Float32Array(data.slice(offset, end)) });
      offset = end;
    }
  }
  return weights;
}

function parseManifest(text: string, path: string): Manifest[] {
  const problem = `Cannot read weights: "${path}" is not a TF.js layers model`;
  let model: { weightsManifest?: Manifest[] } | null;
  try {
    model = JSON.parse(text);
  } catch {
    throw new SyntaxError(problem);
  }
  if (!Array.isArray(model?.weightsManifest)) throw new SyntaxError(problem);
  return model.weightsManifest;
}
