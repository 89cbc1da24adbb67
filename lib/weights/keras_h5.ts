/**
 * Reads the weights of Keras' `.h5` files (`save_weights` and whole models of Keras 1 and 2), as the
 * ImageNet networks of keras.applications are published.
 *
 * Reference: keras 2, `saving/hdf5_format.py`; HDF5 file format specification, "Superblock".
 *
 * @module
 */
import { Dataset, File, Group } from "../deps/hdf5.ts";
import { type NdArray, sizeOf } from "../numbers/nd_array.ts";

/** `\x89HDF\r\n\x1a\n`. */
const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
/** Where the superblock says how long the file is, by its version. */
const END_ADDRESS_AT: Readonly<Record<number, number>> = { 0: 40, 1: 44, 2: 28, 3: 28 };
/** Keras nests four deep; a group that holds itself would nest without end. */
const MAX_DEPTH = 16;

/** Whether bytes look like an HDF5 file. */
export function isHdf5(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/**
 * The weights by their Keras names, `<layer>/<role>`.
 *
 * Throws a `SyntaxError` when the file is damaged, cut short, or written in a way that is not read.
 */
export function readKerasH5(bytes: Uint8Array): Map<string, NdArray> {
  if (!isHdf5(bytes) || bytes.length < endAddress(bytes)) {
    throw new SyntaxError("Cannot read weights: the bytes are not an HDF5 file, or cut short");
  }
  const weights = new Map<string, NdArray>();
  try {
    const root = new File(bytes.slice().buffer);
    const model = root.keys.includes("model_weights") ? root.get("model_weights") : root;
    for (const [path, dataset] of datasetsOf(model, 0)) addWeight(weights, path, dataset);
  } catch (cause) {
    if (cause instanceof SyntaxError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SyntaxError(`Cannot read weights: the HDF5 file is damaged (${reason})`, { cause });
  }
  return weights;
}

function endAddress(bytes: Uint8Array): number {
  const at = END_ADDRESS_AT[bytes[SIGNATURE.length] ?? -1];
  if (at === undefined || bytes.length < at + 8) return Infinity;
  return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(at, true));
}

/** All datasets below a group, with the names that lead to them. */
function datasetsOf(item: Group | Dataset | null, depth: number): [string[], Dataset][] {
  if (depth > MAX_DEPTH) throw new RangeError("groups are nested without end");
  if (item instanceof Dataset) return [[[], item]];
  if (!(item instanceof Group)) return [];
  return item.keys.flatMap((key) =>
    datasetsOf(item.get(key), depth + 1)
      .map(([path, dataset]): [string[], Dataset] => [[key, ...path], dataset])
  );
}

/** `conv1/conv1/kernel:0` is the kernel of layer `conv1`. */
function addWeight(weights: Map<string, NdArray>, path: readonly string[], dataset: Dataset): void {
  const name = path.slice(-2).join("/").replace(/:\d+$/, "");
  if (weights.has(name)) throw new SyntaxError(`Cannot read weights: "${name}" is there twice`);
  const { dtype, shape } = dataset;
  if (typeof dtype !== "string" || !/^[<>]f[248]$/.test(dtype)) {
    throw new SyntaxError(`Cannot read weights: "${name}" has type "${dtype}", expected floats`);
  }
  const { value } = dataset;
  if (value.length !== sizeOf(shape)) {
    throw new SyntaxError(`Cannot read weights: "${name}" has ${value.length} numbers`);
  }
  weights.set(name, { shape, data: Float32Array.from(value) });
}
