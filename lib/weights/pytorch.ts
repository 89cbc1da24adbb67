/**
 * Reads the tensors of PyTorch checkpoints (`.pt`, `.pth`): of `torch.save` since 1.6, a zip archive,
 * and of older ones. No code in the file is run.
 *
 * Reference: PyTorch 1.13, `torch/serialization.py`.
 *
 * @module
 */
import { Uint8ArrayReader, Uint8ArrayWriter, ZipReader } from "../deps/zip.ts";
import type { NdArray } from "../numbers/nd_array.ts";
import { unpickle } from "./pytorch_pickle.ts";
import { type Storage, storageOf, StoredTensor, TENSOR_GLOBALS } from "./pytorch_tensors.ts";

/** A checkpoint whose tensors have not been read yet. */
interface Checkpoint {
  readonly value: unknown;
  readonly bytesOf: (storage: Storage) => Uint8Array;
}

/** `PK\x03\x04`. */
const ZIP_SIGNATURE = [0x50, 0x4b, 0x03, 0x04];
/** `torch/serialization.py`'s `MAGIC_NUMBER`. */
const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn;
const LEGACY_PROTOCOL = 1001;

/** Whether bytes look like a checkpoint, of either format. */
export function isPytorch(bytes: Uint8Array): boolean {
  return isZip(bytes) || bytes[0] === 0x80; // a pickle says its protocol first
}

function isZip(bytes: Uint8Array): boolean {
  return ZIP_SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/**
 * The tensors of a state dictionary, by their names in it; those that hold no floats (counters) are
 * left out. Trainers put it into a larger dictionary as `state_dict`: it is found there as well.
 *
 * Throws a `SyntaxError` when the file is damaged or cut short, holds no state dictionary, or names
 * anything but tensors.
 */
export async function readPytorch(bytes: Uint8Array): Promise<Map<string, NdArray>> {
  const { value, bytesOf } = isZip(bytes) ? await openZip(bytes) : openLegacy(bytes);
  const tensors = new Map<string, NdArray>();
  for (const [name, tensor] of stateOf(value)) {
    const array = tensor.read(bytesOf);
    if (array) tensors.set(name, array);
  }
  return tensors;
}

function stateOf(value: unknown): [string, StoredTensor][] {
  const root = value instanceof Map ? value : new Map();
  const state = root.get("state_dict") ?? root;
  const tensors = [...(state instanceof Map ? state : [])]
    .filter((entry): entry is [string, StoredTensor] =>
      typeof entry[0] === "string" && entry[1] instanceof StoredTensor
    );
  if (tensors.length > 0) return tensors;
  throw new SyntaxError("Cannot read weights: the checkpoint holds no dictionary of tensors");
}

async function openZip(bytes: Uint8Array): Promise<Checkpoint> {
  const files = await unpack(bytes);
  const pickle = [...files.keys()].find((name) => name.endsWith("/data.pkl"));
  if (pickle === undefined) {
    throw new SyntaxError("Cannot read weights: the zip archive is not one of PyTorch's");
  }
  const folder = pickle.slice(0, -"data.pkl".length);
  if (new TextDecoder().decode(files.get(`${folder}byteorder`)) === "big") {
    throw new SyntaxError("Cannot read weights: the checkpoint is big-endian");
  }
  const { value } = unpickle(files.get(pickle)!, { globals: TENSOR_GLOBALS, load: storageOf });
  return { value, bytesOf: ({ key }) => files.get(`${folder}data/${key}`) ?? new Uint8Array() };
}

async function unpack(bytes: Uint8Array): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  try {
    const zip = new ZipReader(new Uint8ArrayReader(bytes), {
      checkSignature: true,
      useWebWorkers: false,
    });
    for (const entry of await zip.getEntries()) {
      if (!entry.directory) files.set(entry.filename, await entry.getData(new Uint8ArrayWriter()));
    }
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new SyntaxError(`Cannot read weights: the zip archive is damaged (${reason})`, { cause });
  }
  return files;
}

/** Five pickles in a row, then each storage: its length in 8 bytes, its numbers. */
function openLegacy(bytes: Uint8Array): Checkpoint {
  const storages = new Map<string, Storage>();
  const load = (id: unknown) => {
    const storage = storageOf(id);
    storages.set(storage.key, storage);
    return storage;
  };
  let end = 0;
  const next = () => {
    const result = unpickle(bytes, { globals: TENSOR_GLOBALS, load }, end);
    end = result.end;
    return result.value;
  };
  if (next() !== LEGACY_MAGIC || next() !== LEGACY_PROTOCOL) {
    throw new SyntaxError("Cannot read weights: the pickle is not one of PyTorch's");
  }
  next(); // about the machine that wrote it
  const value = next(), keys = next();
  const runs = new Map<string, Uint8Array>();
  for (const key of Array.isArray(keys) ? keys : []) {
    const { type, length } = storages.get(key) ?? { type: { bytes: 0 }, length: 0 };
    const begin = end + 8;
    end = begin + length * type.bytes;
    runs.set(key, bytes.subarray(begin, end));
  }
  return { value, bytesOf: ({ key }) => runs.get(key) ?? new Uint8Array() };
}
