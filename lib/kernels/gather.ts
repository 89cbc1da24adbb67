/**
 * Rows of a tensor by number. tfjs' wasm backend copies number by number; here a row is one copy.
 *
 * @module
 */
import { tf } from "../deps/tfjs.ts";
import type { KernelTable } from "./kernel_table.ts";

const ELEMENT_BYTES = 4;

/** Kernels of this file. */
export const GATHER: KernelTable = {
  GatherV2: (host, inputs, { axis, batchDims }: { axis: number; batchDims: number }) => {
    const x = inputs["x"]!, indices = inputs["indices"]!;
    const isSimple = axis === 0 && batchDims === 0 && x.dtype === "float32" &&
      indices.dtype === "int32";
    if (!isSimple) return undefined;
    const row = x.shape.slice(1), rowBytes = ELEMENT_BYTES * tf.util.sizeFromShape(row);
    const y = host.output([...indices.shape, ...row]);
    const { buffer } = host.backend.wasm.asm.memory; // after the output, which may move it
    const count = tf.util.sizeFromShape(indices.shape);
    const numbers = new Int32Array(buffer, host.pointer(indices), count);
    const bytes = new Uint8Array(buffer), from = host.pointer(x), to = host.pointer(y);
    for (let i = 0; i < count; i++) {
      const index = numbers[i]!;
      if (index < 0 || index >= x.shape[0]!) {
        throw new RangeError(`Cannot gather rows: row "${index}" of "${x.shape[0]}" is not there`);
      }
      bytes.copyWithin(to + i * rowBytes, from + index * rowBytes, from + (index + 1) * rowBytes);
    }
    return y;
  },
};
