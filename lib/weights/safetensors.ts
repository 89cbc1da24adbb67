/**
 * Reads and writes safetensors files: a JSON header and the raw numbers, nothing that runs.
 *
 * Reference: huggingface/safetensors, README "Format": u64 length of the header, the header
 * (`name → {dtype, shape, data_offsets}` and `__metadata__`), then the data, all little-endian.
 *
 * @module
 */
import { float16ToFloat32, float32ToFloat16 } from "../numbers/float16.ts";
import { type NdArray, sizeOf } from "../numbers/nd_array.ts";
import type { WeightMap } from "./weight_map.ts";

/** How numbers are stored. */
export type StoredType = "F32" | "F16";

/** A file in memory. */
export interface SafetensorsFile {
  /** The tensors, as 32-bit floats. */
  readonly tensors: Map<string, NdArray>;
  /** Free text beside them. */
  readonly metadata: Readonly<Record<string, string>>;
}

interface Entry {
  readonly dtype: string;
  readonly shape: number[];
  readonly data_offsets: [number, number];
}

const BYTES: { readonly [T in StoredType]: number } = { F32: 4, F16: 2 };
const LENGTH_BYTES = 8;
/** The limit of the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;

/**
 * Writes tensors into the bytes of a file.
 *
 * @param options.type How the numbers are stored. Default `"F32"`, which loses nothing.
 */
export function encodeSafetensors(
  tensors: WeightMap,
  { type = "F32", metadata = {} }: { type?: StoredType; metadata?: Record<string, string> } = {},
): Uint8Array<ArrayBuffer> {
  const header: Record<string, Entry | Record<string, string>> = { __metadata__: metadata };
  let end = 0;
  for (const [name, { shape }] of tensors) {
    const begin = end;
    end += BYTES[type] * sizeOf(shape);
    header[name] = { dtype: type, shape: [...shape], data_offsets: [begin, end] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Spaces after the header let the data start at a multiple of 8, for readers that map the file.
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(LENGTH_BYTES + headerBytes + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(" ".charCodeAt(0), LENGTH_BYTES, LENGTH_BYTES + headerBytes);
  bytes.set(json, LENGTH_BYTES);
  let offset = LENGTH_BYTES + headerBytes;
  for (const { data } of tensors.values()) {
    const stored = type === "F16" ? float32ToFloat16(data) : data;
    bytes.set(new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength), offset);
    offset += stored.byteLength;
  }
  return bytes;
}

/** Whether bytes look like a safetensors file; cheap, reads the first ones only. */
export function isSafetensors(bytes: Uint8Array): boolean {
  if (bytes.length < LENGTH_BYTES + 2 || bytes[LENGTH_BYTES] !== "{".charCodeAt(0)) return false;
  const length = viewOf(bytes).getBigUint64(0, true);
  return length <= MAX_HEADER_BYTES && length + BigInt(LENGTH_BYTES) <= bytes.length;
}

/**
 * Reads the bytes of a file.
 *
 * @returns Copies of the tensors as 32-bit floats.
 * Throws a `SyntaxError` when the bytes are not such a file, are cut short, or hold another type of
 * numbers than `F32` and `F16`.
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  if (!isSafetensors(bytes)) {
    throw new SyntaxError(
      "Cannot read weights: the bytes are not a safetensors file, or cut short",
    );
  }
  const headerBytes = Number(viewOf(bytes).getBigUint64(0, true));
  const data = bytes.subarray(LENGTH_BYTES + headerBytes);
  const { __metadata__, ...entries } = parseHeader(
    bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + headerBytes),
  );
  const tensors = new Map<string, NdArray>();
  let end = 0;
  for (const [name, entry] of inOrderOfData(entries)) {
    tensors.set(name, { shape: entry.shape, data: readEntry(name, entry, data, end) });
    end = entry.data_offsets[1];
  }
  if (end !== data.length) {
    throw new SyntaxError("Cannot read weights: the safetensors file has bytes of no tensor");
  }
  return { tensors, metadata: textOf(__metadata__) };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new SyntaxError("Cannot read weights: the header of the safetensors file is not JSON");
  }
}

/** The entries, each checked to be one, by where their data begin. */
function inOrderOfData(entries: Readonly<Record<string, unknown>>): [string, Entry][] {
  const checked = Object.entries(entries).map(([name, entry]): [string, Entry] => {
    if (!isEntry(entry)) throw damaged(name);
    return [name, entry];
  });
  return checked.sort(([, a], [, b]) =>
    a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1]
  );
}

function isEntry(value: unknown): value is Entry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Partial<Entry>;
  const areSizes = (list: unknown) =>
    Array.isArray(list) && list.every((item) => Number.isSafeInteger(item) && item >= 0);
  return typeof dtype === "string" && areSizes(shape) && areSizes(offsets) && offsets!.length === 2;
}

function damaged(name: string): SyntaxError {
  return new SyntaxError(
    `Cannot read weights: "${name}" does not fit the file, which is damaged or cut short`,
  );
}

/** The tensor's numbers; they begin where those before it end, as the format demands. */
function readEntry(name: string, entry: Entry, data: Uint8Array, expectedBegin: number) {
  const { dtype, shape, data_offsets: [begin, end] } = entry;
  if (dtype !== "F32" && dtype !== "F16") {
    throw new SyntaxError(`Cannot read weights: "${name}" has type "${dtype}", not F32 or F16`);
  }
  const fits = begin === expectedBegin && end <= data.length;
  if (!fits || end - begin !== BYTES[dtype] * sizeOf(shape)) throw damaged(name);
  const copy = data.slice(begin, end).buffer;
  return dtype === "F16" ? float16ToFloat32(new Uint16Array(copy)) : new Float32Array(copy);
}

/** The values of the metadata that are text, as the format wants all of them. */
function textOf(metadata: unknown): Record<string, string> {
  const entries = Object.entries(Object(metadata ?? {}));
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
