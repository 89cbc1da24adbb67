/**
 * Gradients of relu and relu6 in one pass; tfjs composes relu6's of five ops and relu's of two.
 *
 * @module
 */
import { tf } from "../deps/tfjs.ts";
import type { KernelTable } from "./kernel_table.ts";

const CLAMP_GRADIENT = "ClampGradient";

/** Kernels of this file: dx = dy where low < x ≤ high, else 0. */
export const ACTIVATION: KernelTable = {
  [CLAMP_GRADIENT]: (host, inputs, { low, high }: { low: number; high: number }) => {
    const x = inputs["x"]!, dy = inputs["dy"]!;
    const dx = host.output(x.shape);
    host.kernels.clampGradient(
      ...[x, dy, dx].map((tensor) => host.pointer(tensor)),
      tf.util.sizeFromShape(x.shape),
      low,
      high,
    );
    return dx;
  },
};

/** Has the gradients of relu and relu6 use the kernel wherever the current backend has it. */
export function useClampGradients(): void {
  for (const [kernelName, high] of [["Relu", Infinity], ["Relu6", 6]] as const) {
    const stock = tf.getGradient(kernelName);
    tf.unregisterGradient(kernelName);
    tf.registerGradient({
      kernelName,
      inputsToSave: ["x"],
      gradFunc: (dy, saved, attributes) =>
        tf.getKernel(CLAMP_GRADIENT, tf.getBackend())
          ? {
            x: () =>
              tf.engine().runKernel(
                CLAMP_GRADIENT,
                { x: saved[0]!, dy: dy as tf.Tensor },
                { low: 0, high },
              ) as tf.Tensor,
          }
          : stock.gradFunc(dy, saved, attributes),
    });
  }
}
