/**
 * Replacing kernels of tfjs' wasm backend, and putting the stock ones back.
 *
 * @module
 */
import { tf } from "../deps/tfjs.ts";

const BACKEND = "wasm";

/** Kernels as tfjs had them, undefined where it had none. */
const stock = new Map<string, tf.KernelConfig | undefined>();

function setKernel(config: tf.KernelConfig): void {
  if (tf.getKernel(config.kernelName, BACKEND)) tf.unregisterKernel(config.kernelName, BACKEND);
  tf.registerKernel(config);
}

/** Registers a kernel for the wasm backend in the place of tfjs' own. */
export function replaceKernel(kernelName: string, kernelFunc: tf.KernelFunc): void {
  if (!stock.has(kernelName)) stock.set(kernelName, tf.getKernel(kernelName, BACKEND));
  setKernel({ kernelName, backendName: BACKEND, kernelFunc });
}

/** tfjs' own kernel, where it has one. */
export function stockKernel(kernelName: string): tf.KernelFunc | undefined {
  const config = stock.has(kernelName) ? stock.get(kernelName) : tf.getKernel(kernelName, BACKEND);
  return config?.kernelFunc;
}

/** Puts every replaced kernel back as tfjs had it. */
export function restoreKernels(): void {
  for (const [kernelName, config] of stock) {
    tf.unregisterKernel(kernelName, BACKEND);
    if (config) tf.registerKernel(config);
  }
  stock.clear();
}
