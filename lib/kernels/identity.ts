/**
 * Copies of tensors that share their data. tfjs' wasm backend copies the numbers, for every tensor
 * that a gradient keeps; its other backends count references, as this does.
 *
 * @module
 */
import type { KernelTable } from "./kernel_table.ts";

/** Kernels of this file. */
export const IDENTITY: KernelTable = {
  Identity: ({ backend }, inputs) => {
    const { dataId, shape, dtype } = inputs["x"]!;
    backend.incRef(dataId);
    return { dataId, shape, dtype };
  },
};
