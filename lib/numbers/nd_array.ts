/**
 * Numbers with a shape, outside of any backend.
 *
 * @module
 */

/** A dense row-major array of 32-bit floats. */
export interface NdArray {
  /** Length of each axis, outermost first. */
  readonly shape: readonly number[];
  /** The numbers; as many as the product of `shape`. */
  readonly data: Float32Array;
}

/** How many numbers an array of this shape holds. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/**
 * Puts arrays of one shape on top of each other along a new first axis.
 *
 * Throws a `TypeError` when there is none or the shapes differ.
 */
export function stack(arrays: readonly NdArray[]): NdArray {
  const first = arrays[0];
  if (first === undefined) throw new TypeError("Cannot stack arrays: there is none");
  const length = sizeOf(first.shape);
  const data = new Float32Array(arrays.length * length);
  for (const [i, array] of arrays.entries()) {
    if (array.shape.join() !== first.shape.join()) {
      throw new TypeError(
        `Cannot stack arrays: shapes are "${first.shape.join()}" and "${array.shape.join()}"`,
      );
    }
    data.set(array.data, i * length);
  }
  return { shape: [arrays.length, ...first.shape], data };
}

/** The arrays along the first axis, as views of the same memory; undoes {@linkcode stack}. */
export function unstack({ shape: [count = 0, ...shape], data }: NdArray): NdArray[] {
  const length = sizeOf(shape);
  return Array.from(
    { length: count },
    (_, i) => ({ shape, data: data.subarray(i * length, (i + 1) * length) }),
  );
}

/**
 * The array with its axes in another order, as numpy's `transpose`: axis `i` of the result is axis
 * `order[i]` of the array. A copy.
 */
export function transpose({ shape, data }: NdArray, order: readonly number[]): NdArray {
  const lengths = order.map((axis) => shape[axis]!);
  const steps = order.map((axis) => sizeOf(shape.slice(axis + 1)));
  const turned = new Float32Array(data.length);
  let at = 0;
  const copy = (axis: number, from: number): void => {
    const length = lengths[axis]!, step = steps[axis]!, isLast = axis === order.length - 1;
    for (let i = 0; i < length; i++, from += step) {
      if (isLast) turned[at++] = data[from]!;
      else copy(axis + 1, from);
    }
  };
  copy(0, 0);
  return { shape: lengths, data: turned };
}
