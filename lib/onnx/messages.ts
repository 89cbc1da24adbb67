/**
 * The messages an ONNX file is made of, as bytes.
 *
 * Reference: onnx/onnx, `onnx/onnx.proto` (field numbers, data types) and `docs/IR.md`.
 *
 * @module
 */
import { bytesField, floatField, intField, joinBytes, messageField } from "../files/protobuf.ts";
import { float32ToFloat16 } from "../numbers/float16.ts";
import type { NdArray } from "../numbers/nd_array.ts";

/** An attribute of an operation: a number that is whole is written as such, see {@linkcode Real}. */
export type Attribute = number | string | readonly number[] | Real;

/** A number that ONNX wants as a float even where it is whole. */
export interface Real {
  /** The number. */
  readonly real: number;
}

/** One step of an ONNX graph. */
export interface OnnxNode {
  /** ONNX' operation, `"Conv"`. */
  readonly type: string;
  /** Names of the values it reads. */
  readonly inputs: readonly string[];
  /** Name of the value it gives; also the node's own. */
  readonly output: string;
  /** By name. */
  readonly attributes?: Readonly<Record<string, Attribute>>;
}

/** Length of an axis: a number, or the name of one that is known only when the model runs. */
export type Dimension = number | string;

/** An input or an output of the graph, 32-bit floats. */
export interface OnnxValue {
  /** Its name. */
  readonly name: string;
  /** Its axes, outermost first. */
  readonly shape: readonly Dimension[];
  /** What it is, for people. */
  readonly doc: string;
}

/** A tensor that the file holds. */
export type Constant =
  | { readonly type: "float32" | "float16"; readonly array: NdArray }
  /** Whole numbers along one axis. */
  | { readonly type: "int64"; readonly values: readonly number[] };

/** All that goes into a file. */
export interface OnnxModel {
  /** Name of the graph. */
  readonly name: string;
  /** What the model is, for people. */
  readonly doc: string;
  /** Version of the set of operations. */
  readonly opset: number;
  /** Inputs of the graph. */
  readonly inputs: readonly OnnxValue[];
  /** Outputs of the graph. */
  readonly outputs: readonly OnnxValue[];
  /** The steps, each after those whose values it reads. */
  readonly nodes: readonly OnnxNode[];
  /** Tensors by name. */
  readonly constants: ReadonlyMap<string, Constant>;
  /** Free text beside the graph. */
  readonly metadata: Readonly<Record<string, string>>;
}

const DATA_TYPE = { float32: 1, int64: 7, float16: 10 } as const;
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, ints: 7 } as const;

/** Which version of the format introduced a set of operations (onnx `docs/Versioning.md`). */
const irVersion = (opset: number): number => opset >= 19 ? 9 : 8;

function attributeField(name: string, value: Attribute): Uint8Array {
  const typed = (type: keyof typeof ATTRIBUTE_TYPE, ...fields: Uint8Array[]) =>
    messageField(5, bytesField(1, name), ...fields, intField(20, ATTRIBUTE_TYPE[type]));
  if (typeof value === "number") return typed("int", intField(3, value));
  if (typeof value === "string") return typed("string", bytesField(4, value));
  if ("real" in value) return typed("float", floatField(2, value.real));
  return typed("ints", ...value.map((item) => intField(8, item)));
}

function nodeField({ type, inputs, output, attributes = {} }: OnnxNode): Uint8Array {
  return messageField(
    1,
    ...inputs.map((input) => bytesField(1, input)),
    bytesField(2, output),
    bytesField(3, output),
    bytesField(4, type),
    ...Object.entries(attributes).map(([name, value]) => attributeField(name, value)),
  );
}

/** Shape and little-endian bytes of a constant. */
function contentOf(constant: Constant): { shape: readonly number[]; data: ArrayBufferView } {
  if (constant.type === "int64") {
    const { values } = constant;
    return { shape: [values.length], data: BigInt64Array.from(values, BigInt) };
  }
  const { shape, data } = constant.array;
  return { shape, data: constant.type === "float16" ? float32ToFloat16(data) : data };
}

function constantField(name: string, constant: Constant): Uint8Array {
  const { shape, data } = contentOf(constant);
  return messageField(
    5,
    ...shape.map((length) => intField(1, length)),
    intField(2, DATA_TYPE[constant.type]),
    bytesField(8, name),
    bytesField(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  );
}

function valueField(field: number, { name, shape, doc }: OnnxValue): Uint8Array {
  const axes = shape.map((length) =>
    messageField(1, typeof length === "number" ? intField(1, length) : bytesField(2, length))
  );
  const tensor = messageField(1, intField(1, DATA_TYPE.float32), messageField(2, ...axes));
  return messageField(field, bytesField(1, name), messageField(2, tensor), bytesField(3, doc));
}

/** The bytes of a file. */
export function encodeOnnxModel(model: OnnxModel): Uint8Array<ArrayBuffer> {
  return joinBytes([
    intField(1, irVersion(model.opset)),
    messageField(8, bytesField(1, ""), intField(2, model.opset)),
    bytesField(2, "tinyface"),
    bytesField(6, model.doc),
    messageField(
      7,
      bytesField(2, model.name),
      ...model.inputs.map((input) => valueField(11, input)),
      ...model.outputs.map((output) => valueField(12, output)),
      ...model.nodes.map(nodeField),
      ...[...model.constants].map(([name, constant]) => constantField(name, constant)),
    ),
    ...Object.entries(model.metadata).map(([key, value]) =>
      messageField(14, bytesField(1, key), bytesField(2, value))
    ),
  ]);
}
