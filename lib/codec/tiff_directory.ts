/**
 * The directories of a TIFF block, which is what EXIF data are: read into entries and written anew.
 *
 * Reference: TIFF 6.0, section 2; CIPA DC-008 (EXIF 2.32), 4.6.
 *
 * @module
 */
import { asciiAt, viewOf } from "./containers.ts";

/** A value of a directory, in the block's byte order. */
export interface TiffEntry {
  /** What it means. */
  readonly tag: number;
  /** 1 … 12: how its bytes are to be read. */
  readonly type: number;
  /** As many values of its type as it has, in the memory of the block it was read from. */
  readonly value: Uint8Array;
}

/** A list of values; some of them are lists themselves. */
export interface TiffDirectory {
  /** The values, in their order. */
  readonly entries: readonly TiffEntry[];
  /** Lists by the tag that points at them. */
  readonly children: ReadonlyMap<number, TiffDirectory>;
}

/** Bytes a value, by type: BYTE, ASCII, SHORT, LONG, RATIONAL, SBYTE, …, DOUBLE. */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];

const ENTRY_BYTES = 12;

/** Whether numbers of the block start with their low byte. Throws when it is no TIFF block. */
export function isLittleEndian(tiff: Uint8Array): boolean {
  const order = asciiAt(tiff, 0, 2);
  if (order !== "II" && order !== "MM") {
    throw new RangeError(`Cannot read the TIFF block: it begins with "${order}"`);
  }
  return order === "II";
}

/**
 * Reads the directory at `offset` and, by the tags that point at them, its children.
 *
 * Values that lie outside of the block or have an unknown type are left out. Throws a `RangeError`
 * when the directory itself does not fit.
 *
 * @param pointers Tags whose values are offsets of further directories, with the pointers in those.
 */
export function readDirectory(
  tiff: Uint8Array,
  offset: number,
  pointers: TiffPointers,
): TiffDirectory {
  const view = viewOf(tiff), little = isLittleEndian(tiff);
  const entries: TiffEntry[] = [], children = new Map<number, TiffDirectory>();
  const count = view.getUint16(offset, little);
  for (let k = 0; k < count; k++) {
    const at = offset + 2 + k * ENTRY_BYTES;
    const tag = view.getUint16(at, little), type = view.getUint16(at + 2, little);
    const below = pointers.get(tag);
    if (below !== undefined) {
      children.set(tag, readDirectory(tiff, view.getUint32(at + 8, little), below));
      continue;
    }
    const bytes = (TYPE_BYTES[type] ?? 0) * view.getUint32(at + 4, little);
    const from = bytes <= 4 ? at + 8 : view.getUint32(at + 8, little);
    if (bytes === 0 || from + bytes > tiff.length) continue;
    entries.push({ tag, type, value: tiff.subarray(from, from + bytes) });
  }
  return { entries, children };
}

/** Tags that point at directories, each with those in that directory. */
export type TiffPointers = ReadonlyMap<number, TiffPointers>;

const LONG = 4;
const even = (bytes: number) => bytes + bytes % 2;

/** Writes a directory that begins at `offset`, its long values and its children behind it. */
function writeDirectory(
  { entries, children }: TiffDirectory,
  offset: number,
  little: boolean,
): Uint8Array {
  const count = entries.length + children.size;
  const headBytes = 2 + count * ENTRY_BYTES + 4;
  const longBytes = entries.reduce(
    (sum, { value }) => sum + (value.length > 4 ? even(value.length) : 0),
    0,
  );
  const below: Uint8Array[] = [], written: TiffEntry[] = [...entries];
  let end = headBytes + longBytes;
  for (const [tag, child] of children) {
    const value = new Uint8Array(4);
    viewOf(value).setUint32(0, offset + end, little);
    written.push({ tag, type: LONG, value });
    const bytes = writeDirectory(child, offset + end, little);
    below.push(bytes);
    end += bytes.length;
  }
  const result = new Uint8Array(end), view = viewOf(result);
  view.setUint16(0, count, little);
  let at = 2, free = headBytes;
  for (const { tag, type, value } of written.sort((a, b) => a.tag - b.tag)) {
    view.setUint16(at, tag, little);
    view.setUint16(at + 2, type, little);
    view.setUint32(at + 4, value.length / TYPE_BYTES[type]!, little);
    const isLong = value.length > 4;
    if (isLong) view.setUint32(at + 8, offset + free, little);
    result.set(value, isLong ? free : at + 8);
    if (isLong) free += even(value.length);
    at += ENTRY_BYTES;
  }
  for (const bytes of below) {
    result.set(bytes, free);
    free += bytes.length;
  }
  return result;
}

/** A TIFF block with one directory and its children; no further directory follows. */
export function writeTiff(root: TiffDirectory, little: boolean): Uint8Array {
  const head = new Uint8Array(8), view = viewOf(head);
  head.set(new TextEncoder().encode(little ? "II" : "MM"));
  view.setUint16(2, 42, little);
  view.setUint32(4, head.length, little);
  const body = writeDirectory(root, head.length, little);
  const tiff = new Uint8Array(head.length + body.length);
  tiff.set(head);
  tiff.set(body, head.length);
  return tiff;
}
