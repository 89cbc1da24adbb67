/**
 * Tensors as PyTorch pickles them: a storage (a run of numbers in another part of the file) and how
 * a tensor lies in it.
 *
 * Reference: PyTorch 1.13, `torch/_utils.py` (`_rebuild_tensor_v2`), `torch/serialization.py`.
 *
 * @module
 */
import { float16ToFloat32 } from "../numbers/float16.ts";
import { type NdArray, sizeOf } from "../numbers/nd_array.ts";
import type { PickleFunction } from "./pytorch_pickle.ts";

/** A type of numbers: its size, and how its bytes become 32-bit floats. */
interface NumberType {
  readonly bytes: number;
  /** `undefined` for types that no weight has: such tensors are counters and masks. */
  readonly read?: (bytes: ArrayBuffer) => Float32Array;
}

/** A run of numbers in a file. */
export interface Storage {
  /** Name of the run in the file. */
  readonly key: string;
  /** What the numbers are. */
  readonly type: NumberType;
  /** How many there are. */
  readonly length: number;
}

/** A tensor that is still in the file. */
export class StoredTensor {
  /**
   * @param storage Where its numbers are.
   * @param offset Where in the storage it begins, in numbers.
   * @param shape Length of each axis.
   * @param strides Steps in the storage along each axis, in numbers.
   */
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}

  /**
   * Its numbers; `undefined` when they are no floats.
   *
   * @param bytesOf Gives the bytes of a storage.
   */
  read(bytesOf: (storage: Storage) => Uint8Array): NdArray | undefined {
    const { type, length } = this.storage;
    if (!type.read) return undefined;
    const bytes = bytesOf(this.storage);
    if (bytes.length !== length * type.bytes) throw damaged();
    // A copy: its start is aligned, which that of the file's part need not be.
    const stored = type.read(bytes.slice().buffer);
    return { shape: this.shape, data: this.#gather(stored) };
  }

  #gather(stored: Float32Array): Float32Array {
    const data = new Float32Array(sizeOf(this.shape));
    let at = 0;
    const walk = (axis: number, offset: number): void => {
      if (axis === this.shape.length) return void (data[at++] = stored[offset]!);
      for (let i = 0; i < this.shape[axis]!; i++) walk(axis + 1, offset + i * this.strides[axis]!);
    };
    walk(0, this.offset);
    return data;
  }
}

function damaged(): SyntaxError {
  return new SyntaxError("Cannot read weights: a tensor does not fit the file, which is damaged");
}

const FLOAT32: NumberType = { bytes: 4, read: (bytes) => new Float32Array(bytes) };
const FLOAT64: NumberType = {
  bytes: 8,
  read: (bytes) => new Float32Array(new Float64Array(bytes)),
};
const FLOAT16: NumberType = { bytes: 2, read: (bytes) => float16ToFloat32(new Uint16Array(bytes)) };
/** The upper half of a 32-bit float. */
const BFLOAT16: NumberType = {
  bytes: 2,
  read: (bytes) =>
    new Float32Array(Uint32Array.from(new Uint16Array(bytes), (half) => half << 16).buffer),
};
const integer = (bytes: number): NumberType => ({ bytes });

const STORAGE_TYPES: Readonly<Record<string, NumberType>> = {
  FloatStorage: FLOAT32,
  DoubleStorage: FLOAT64,
  HalfStorage: FLOAT16,
  BFloat16Storage: BFLOAT16,
  LongStorage: integer(8),
  IntStorage: integer(4),
  ShortStorage: integer(2),
  CharStorage: integer(1),
  ByteStorage: integer(1),
  BoolStorage: integer(1),
};

/** The most numbers a tensor may have: a file of a few bytes can claim any shape. */
const MAX_SIZE = 2 ** 26;

const isSize = (value: unknown): value is number =>
  Number.isSafeInteger(value) && value as number >= 0;
const areSizes = (value: unknown): value is number[] => Array.isArray(value) && value.every(isSize);

/** `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)`. */
const rebuildTensor: PickleFunction = ([storage, offset, shape, strides]) => {
  if (!isStorage(storage) || !isSize(offset) || !areSizes(shape) || !areSizes(strides)) {
    throw damaged();
  }
  const size = sizeOf(shape);
  const last = shape.reduce((sum, length, axis) => sum + (length - 1) * strides[axis]!, offset);
  const fits = shape.length === strides.length && size <= MAX_SIZE &&
    (size === 0 || last < storage.length);
  if (!fits) throw damaged();
  return new StoredTensor(storage, offset, shape, strides);
};

/** An `OrderedDict`, empty or from a list of pairs. */
const orderedDictionary: PickleFunction = ([pairs = []]) => {
  const arePairs = Array.isArray(pairs) && pairs.every((pair) => Array.isArray(pair));
  if (!arePairs) throw damaged();
  return new Map(pairs as [unknown, unknown][]);
};

/** What a file of tensors may name, for {@linkcode unpickle}. */
export const TENSOR_GLOBALS: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["collections.OrderedDict", orderedDictionary],
  ["torch._utils._rebuild_tensor_v2", rebuildTensor],
  ["torch._utils._rebuild_parameter", (([tensor]) => tensor) satisfies PickleFunction],
  ...Object.entries(STORAGE_TYPES).map(([name, type]) => [`torch.${name}`, type] as const),
]);

const TYPES = new Set<unknown>(Object.values(STORAGE_TYPES));

function isStorage(value: unknown): value is Storage {
  return TYPES.has((value as Partial<Storage> | null)?.type);
}

/** The storage of a persistent id `("storage", type, key, location, length)`. */
export function storageOf(id: unknown): Storage {
  const [kind, type, key, , length] = Array.isArray(id) ? id : [];
  const known = kind === "storage" && TYPES.has(type) && typeof key === "string" && isSize(length);
  if (!known) throw damaged();
  return { key, type, length };
}
