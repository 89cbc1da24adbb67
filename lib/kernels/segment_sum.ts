/**
 * Sums of rows by segment, which the gradient of `tf.gather` needs and tfjs' wasm backend lacks.
 *
 * @module
 */
import { tf } from "../deps/tfjs.ts";
import type { KernelTable } from "./kernel_table.ts";

/** Kernels of this file. */
export const SEGMENT_SUM: KernelTable = {
  UnsortedSegmentSum: (host, inputs, { numSegments }: { readonly numSegments: number }) => {
    const x = inputs["x"]!, ids = inputs["segmentIds"]!;
    if (x.dtype !== "float32" || ids.dtype !== "int32" || ids.shape.length !== 1) return undefined;
    const row = x.shape.slice(1);
    const sums = host.output([numSegments, ...row]);
    host.kernels.segmentSum(
      ...[x, ids, sums].map((tensor) => host.pointer(tensor)),
      x.shape[0]!,
      tf.util.sizeFromShape(row),
      numSegments,
    );
    return sums;
  },
};
