/**
 * Reads ONNX files: the steps of the graph, and the tensors that they use.
 *
 * Reference: onnx/onnx, `onnx/onnx.proto` (field numbers); `messages.ts` writes them.
 *
 * @module
 */
import { fieldsOf } from "../files/protobuf_reader.ts";
import type { NdArray } from "../numbers/nd_array.ts";

/** One step of a graph that was read. */
export interface ReadNode {
  /** ONNX' operation, `"Conv"`. */
  readonly type: string;
  /** Names of the values it reads. */
  readonly inputs: readonly string[];
  /** Names of the values it gives. */
  readonly outputs: readonly string[];
  /** Lists of whole numbers by attribute; a single number is a list of one. */
  readonly integers: ReadonlyMap<string, readonly number[]>;
}

/** What is in a file. */
export interface ReadOnnx {
  /** The steps, each after those whose values it reads. */
  readonly nodes: readonly ReadNode[];
  /** Tensors of 32-bit floats by name; others are left out. */
  readonly constants: ReadonlyMap<string, NdArray>;
  /** Names of the values that are put in, constants among them in old files. */
  readonly inputs: readonly string[];
}

/** Field numbers. */
const MODEL_GRAPH = 7;
const GRAPH = { node: 1, initializer: 5, input: 11 } as const;
const NODE = { input: 1, output: 2, type: 4, attribute: 5 } as const;
const ATTRIBUTE = { name: 1, integer: 3, integers: 8 } as const;
const TENSOR = { dims: 1, type: 2, name: 8, raw: 9 } as const;
const VALUE_NAME = 1;
const FLOAT32 = 1;

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** The messages and texts in a field that may repeat. */
function all(message: Uint8Array, wanted: number): Uint8Array[] {
  return [...fieldsOf(message)].filter(({ number }) => number === wanted).map((f) => f.bytes);
}

/** Whole numbers of a field, packed into bytes or one by one. */
function integersOf(message: Uint8Array, wanted: number): number[] {
  return [...fieldsOf(message)].filter(({ number }) => number === wanted).flatMap((field) =>
    Number.isNaN(field.value) ? unpacked(field.bytes) : [field.value]
  );
}

/** Varints one after another: each is read as the value of a field that is put before it. */
function unpacked(bytes: Uint8Array): number[] {
  const values: number[] = [];
  for (let at = 0; at < bytes.length;) {
    let end = at;
    while (bytes[end]! >= 0x80) end++;
    const [field] = fieldsOf(Uint8Array.of(8, ...bytes.subarray(at, end + 1)));
    values.push(field!.value);
    at = end + 1;
  }
  return values;
}

function readNode(message: Uint8Array): ReadNode {
  const integers = all(message, NODE.attribute).map((attribute) =>
    [
      text(all(attribute, ATTRIBUTE.name)[0]!),
      [...integersOf(attribute, ATTRIBUTE.integer), ...integersOf(attribute, ATTRIBUTE.integers)],
    ] as const
  );
  return {
    type: text(all(message, NODE.type)[0]!),
    inputs: all(message, NODE.input).map(text),
    outputs: all(message, NODE.output).map(text),
    integers: new Map(integers),
  };
}

/** A tensor; `undefined` when it holds no 32-bit floats as raw bytes. */
function readTensor(message: Uint8Array): readonly [string, NdArray] | undefined {
  const [type] = integersOf(message, TENSOR.type), [raw] = all(message, TENSOR.raw);
  if (type !== FLOAT32 || raw === undefined) return undefined;
  const data = new Float32Array(raw.slice().buffer);
  return [text(all(message, TENSOR.name)[0]!), { shape: integersOf(message, TENSOR.dims), data }];
}

/** Reads a file. Throws a `SyntaxError` when it is no ONNX model. */
export function readOnnx(bytes: Uint8Array): ReadOnnx {
  try {
    const [graph] = all(bytes, MODEL_GRAPH);
    if (graph === undefined) throw new RangeError("there is no graph in it");
    const tensors = all(graph, GRAPH.initializer).map(readTensor);
    return {
      nodes: all(graph, GRAPH.node).map(readNode),
      constants: new Map(tensors.filter((tensor) => tensor !== undefined)),
      inputs: all(graph, GRAPH.input).map((value) => text(all(value, VALUE_NAME)[0]!)),
    };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new SyntaxError(`Cannot read the ONNX model: ${cause.message}`, { cause });
  }
}
