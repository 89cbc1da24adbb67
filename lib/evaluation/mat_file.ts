/**
 * Reads MATLAB 5 files (`.mat`, as MATLAB 5 to 7.2 and scipy's `savemat` write them): numbers, text,
 * cells and structs, compressed or not. WIDER FACE's ground truth comes in this format.
 *
 * References: MathWorks, "MAT-File Format" (Level 5); scipy `scipy/io/matlab/_mio5.py`.
 *
 * @module
 */

/** A matrix of numbers, column by column: the value in row r, column c is `data[c * rows + r]`. */
export interface MatNumbers {
  /** What it is. */
  readonly kind: "numbers";
  /** Sizes of all dimensions, at least two: rows, columns, … */
  readonly shape: readonly number[];
  /** The values, whatever MATLAB's class of them (64-bit integers are rounded to doubles). */
  readonly data: Float64Array;
}

/** Text, read column by column; a char matrix of one row is a string. */
export interface MatText {
  /** What it is. */
  readonly kind: "text";
  /** Sizes of all dimensions. */
  readonly shape: readonly number[];
  /** The characters. */
  readonly text: string;
}

/** An array whose members are arrays of any kind. */
export interface MatCells {
  /** What it is. */
  readonly kind: "cells";
  /** Sizes of all dimensions. */
  readonly shape: readonly number[];
  /** The members, column by column. */
  readonly cells: readonly MatValue[];
}

/** An array of records that have the same fields. */
export interface MatStructs {
  /** What it is. */
  readonly kind: "structs";
  /** Sizes of all dimensions. */
  readonly shape: readonly number[];
  /** The records, column by column. */
  readonly records: readonly Readonly<Record<string, MatValue>>[];
}

/** Anything that a MATLAB 5 file holds and this module reads. */
export type MatValue = MatNumbers | MatText | MatCells | MatStructs;

const HEADER_BYTES = 128;
const MATRIX = 14, COMPRESSED = 15;
const COMPLEX_FLAG = 0x0800;

/** How the numbers of an element are stored, by its type. */
const NUMBER_STORAGE: Readonly<
  Record<number, { bytes: number; read(view: DataView, at: number, little: boolean): number }>
> = {
  1: { bytes: 1, read: (view, at) => view.getInt8(at) },
  2: { bytes: 1, read: (view, at) => view.getUint8(at) },
  3: { bytes: 2, read: (view, at, little) => view.getInt16(at, little) },
  4: { bytes: 2, read: (view, at, little) => view.getUint16(at, little) },
  5: { bytes: 4, read: (view, at, little) => view.getInt32(at, little) },
  6: { bytes: 4, read: (view, at, little) => view.getUint32(at, little) },
  7: { bytes: 4, read: (view, at, little) => view.getFloat32(at, little) },
  9: { bytes: 8, read: (view, at, little) => view.getFloat64(at, little) },
  12: { bytes: 8, read: (view, at, little) => Number(view.getBigInt64(at, little)) },
  13: { bytes: 8, read: (view, at, little) => Number(view.getBigUint64(at, little)) },
};

/** Encodings of text, by the element's type; other types hold one character code a number. */
const TEXT_ENCODING: Readonly<Record<number, { bytes: number; names: readonly [string, string] }>> =
  {
    16: { bytes: 1, names: ["utf-8", "utf-8"] },
    17: { bytes: 2, names: ["utf-16be", "utf-16le"] },
  };

interface Element {
  readonly type: number;
  /** Its data, without padding. */
  readonly data: DataView;
}

function fail(reason: string): never {
  throw new SyntaxError(`Cannot read the MATLAB file: ${reason}`);
}

/** The bytes of a view as an array of their own kind, not copied. */
function bytesOf({ buffer, byteOffset, byteLength }: DataView): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/** Walks along the elements that follow each other in some bytes. */
class ElementReader {
  readonly little: boolean;
  #view: DataView;
  #at = 0;

  constructor(view: DataView, little: boolean) {
    this.#view = view;
    this.little = little;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#view.byteLength;
  }

  next(): Element {
    const first = this.#word(0);
    // Small form: type and length share the first word, up to four bytes of data follow.
    const isSmall = first >>> 16 !== 0;
    const type = isSmall ? first & 0xffff : first;
    const length = isSmall ? first >>> 16 : this.#word(4);
    const start = this.#at + (isSmall ? 4 : 8);
    if (length > (isSmall ? 4 : Infinity) || start + length > this.#view.byteLength) {
      fail("it is cut off or damaged");
    }
    const isPadded = type !== COMPRESSED;
    this.#at = isSmall ? this.#at + 8 : start + (isPadded ? Math.ceil(length / 8) * 8 : length);
    return { type, data: new DataView(this.#view.buffer, this.#view.byteOffset + start, length) };
  }

  #word(offset: number): number {
    if (this.#at + offset + 4 > this.#view.byteLength) fail("it is cut off or damaged");
    return this.#view.getUint32(this.#at + offset, this.little);
  }
}

function numbersOf({ type, data }: Element, little: boolean): Float64Array {
  const storage = NUMBER_STORAGE[type] ?? fail(`numbers are stored as type "${type}"`);
  const values = new Float64Array(Math.floor(data.byteLength / storage.bytes));
  for (let i = 0; i < values.length; i++) values[i] = storage.read(data, i * storage.bytes, little);
  return values;
}

function textOf(element: Element, little: boolean): string {
  const encoding = TEXT_ENCODING[element.type];
  if (encoding) return new TextDecoder(encoding.names[little ? 1 : 0]).decode(element.data);
  return Array.from(numbersOf(element, little), (code) => String.fromCharCode(code)).join("");
}

/** The names of a struct's fields: each in `length` bytes, filled up with zeros. */
function fieldNames(reader: ElementReader): string[] {
  const [length = 0] = numbersOf(reader.next(), reader.little);
  const bytes = bytesOf(reader.next().data);
  if (length < 1) return [];
  return Array.from({ length: Math.floor(bytes.length / length) }, (_, i) => {
    const name = new TextDecoder().decode(bytes.subarray(i * length, (i + 1) * length));
    return name.split("\0")[0]!;
  });
}

interface Head {
  readonly shape: readonly number[];
  /** Product of the shape. */
  readonly count: number;
}

function readCells(reader: ElementReader, { shape, count }: Head): MatCells {
  const cells = Array.from({ length: count }, () => readMatrix(reader.next(), reader.little).value);
  return { kind: "cells", shape, cells };
}

function readStructs(reader: ElementReader, { shape, count }: Head): MatStructs {
  const names = fieldNames(reader);
  const member = (name: string) => [name, readMatrix(reader.next(), reader.little).value] as const;
  const records = Array.from({ length: count }, () => Object.fromEntries(names.map(member)));
  return { kind: "structs", shape, records };
}

function readText(reader: ElementReader, { shape }: Head): MatText {
  return { kind: "text", shape, text: textOf(reader.next(), reader.little) };
}

function readNumbers(reader: ElementReader, { shape, count }: Head): MatNumbers {
  const data = numbersOf(reader.next(), reader.little);
  if (data.length !== count) {
    fail(`an array of shape "${shape.join("x")}" holds ${data.length} numbers`);
  }
  return { kind: "numbers", shape, data };
}

/** Content readers by class. Objects (3), sparse matrices (5) and functions (16) are not read. */
const CLASS_READERS: Readonly<Record<number, (reader: ElementReader, head: Head) => MatValue>> = {
  1: readCells,
  2: readStructs,
  4: readText,
  ...Object.fromEntries([6, 7, 8, 9, 10, 11, 12, 13, 14, 15].map((id) => [id, readNumbers])),
};

function readMatrix({ type, data }: Element, little: boolean): { name: string; value: MatValue } {
  if (type !== MATRIX) fail(`an element is of type "${type}", not a matrix`);
  // MATLAB writes an empty cell member as a matrix without any content.
  const empty: MatNumbers = { kind: "numbers", shape: [0, 0], data: new Float64Array(0) };
  if (data.byteLength === 0) return { name: "", value: empty };

  const reader = new ElementReader(data, little);
  const [flags = 0] = numbersOf(reader.next(), little);
  const shape = [...numbersOf(reader.next(), little)];
  const name = textOf(reader.next(), little);
  const read = CLASS_READERS[flags & 0xff] ??
    fail(`variable "${name}" is of class "${flags & 0xff}", which is not supported`);
  if (flags & COMPLEX_FLAG) fail(`variable "${name}" is complex, which is not supported`);
  const head = { shape, count: shape.reduce((product, size) => product * size, 1) };
  // No member takes less than a byte.
  if (!(head.count >= 0 && head.count <= data.byteLength)) fail("it is cut off or damaged");
  return { name, value: read(reader, head) };
}

async function inflate(data: DataView): Promise<DataView> {
  const stream = new Blob([bytesOf(data)]).stream().pipeThrough(new DecompressionStream("deflate"));
  try {
    return new DataView(await new Response(stream).arrayBuffer());
  } catch (cause) {
    throw new SyntaxError("Cannot read the MATLAB file: its compressed data are damaged", {
      cause,
    });
  }
}

/** Whether the file is little endian; throws unless it is a MATLAB 5 file. */
function readHeader(bytes: Uint8Array): boolean {
  const start = new TextDecoder("latin1").decode(bytes.subarray(0, 20));
  const endian = new TextDecoder("latin1").decode(bytes.subarray(126, HEADER_BYTES));
  if (start.startsWith("\x89HDF") || start.startsWith("MATLAB 7.3")) {
    fail("it is of version 7.3 (HDF5), not MATLAB 5");
  }
  if (bytes.length < HEADER_BYTES || (endian !== "IM" && endian !== "MI")) {
    fail("it is not a MATLAB 5 file");
  }
  const little = endian === "IM";
  const version = viewOf(bytes).getUint16(124, little);
  if (version !== 0x0100) fail(`its version is "0x${version.toString(16)}", not MATLAB 5`);
  return little;
}

/**
 * Reads all variables of a MATLAB 5 file.
 *
 * Rejects with a `SyntaxError` when the bytes are no such file, are cut off or damaged, or hold what is
 * not supported: complex and sparse matrices, objects, functions.
 *
 * @returns The variables by name.
 */
export async function readMatFile(bytes: Uint8Array): Promise<Map<string, MatValue>> {
  const little = readHeader(bytes);
  const reader = new ElementReader(viewOf(bytes.subarray(HEADER_BYTES)), little);
  const variables = new Map<string, MatValue>();
  while (!reader.isAtEnd) {
    const outer = reader.next();
    const element = outer.type === COMPRESSED
      ? new ElementReader(await inflate(outer.data), little).next()
      : outer;
    const { name, value } = readMatrix(element, little);
    variables.set(name, value);
  }
  return variables;
}
