/**
 * Named arrays in one block of memory that threads share.
 *
 * @module
 */
import { sizeOf } from "../numbers/nd_array.ts";

/** Shapes by name; both sides must name them in the same order. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

/** Memory for arrays of these shapes, all zero. */
export function shareMemory(shapes: Shapes): SharedArrayBuffer {
  const sizes = [...shapes.values()].map(sizeOf);
  return new SharedArrayBuffer(4 * sizes.reduce((sum, size) => sum + size, 0));
}

/** Views of the arrays in such memory, by name. */
export function viewMemory(shapes: Shapes, memory: SharedArrayBuffer): Map<string, Float32Array> {
  let offset = 0;
  return new Map([...shapes].map(([name, shape]) => {
    const view = new Float32Array(memory, offset, sizeOf(shape));
    offset += view.byteLength;
    return [name, view];
  }));
}

/**
 * The next of `count` tasks, again and again until none is left; threads that share the counter get
 * each task once between them, whoever is free first.
 *
 * @param counter Four bytes, zero at the beginning.
 */
export function* claimTasks(counter: SharedArrayBuffer, count: number): Generator<number> {
  const taken = new Int32Array(counter);
  for (let k = Atomics.add(taken, 0, 1); k < count; k = Atomics.add(taken, 0, 1)) yield k;
}
