/**
 * Makes tfjs' wasm backend able to train: registers the WebAssembly kernels, or slower ones
 * composed of tfjs' own, for every gradient that the backend lacks or gets wrong.
 *
 * @module
 */
import { tf } from "../deps/tfjs.ts";
import { loadGradients } from "../deps/tfjs_gradients.ts";
import { ACTIVATION, useClampGradients } from "./activation.ts";
import { COMPOSED } from "./composed.ts";
import { CONVOLUTION } from "./convolution.ts";
import { GATHER } from "./gather.ts";
import { IDENTITY } from "./identity.ts";
import type { HostKernel, KernelTable } from "./kernel_table.ts";
import { type KernelBuild, supportedBuild } from "./module.ts";
import { NORMALIZATION } from "./normalization.ts";
import { POOLING } from "./pooling.ts";
import { replaceKernel, restoreKernels, stockKernel } from "./registry.ts";
import { RESIZE } from "./resize.ts";
import { SEGMENT_SUM } from "./segment_sum.ts";
import { UPDATES } from "./updates.ts";
import { WasmHost } from "./wasm_host.ts";

/** Kernels of our own by tfjs' names. */
const KERNELS: KernelTable = {
  ...CONVOLUTION,
  ...ACTIVATION,
  ...NORMALIZATION,
  ...POOLING,
  ...RESIZE,
  ...GATHER,
  ...SEGMENT_SUM,
  ...UPDATES,
  ...IDENTITY,
};

/** What the gradients run on: a build of the kernels, or ordinary tfjs ops (slow). */
export type TrainingBuild = KernelBuild | "composed";

/** All of them, the fastest first. */
export const TRAINING_BUILDS: readonly TrainingBuild[] = ["relaxed", "simd", "composed"];

/** Choices of {@linkcode registerTrainingKernels}. */
export interface TrainingKernelOptions {
  /** Default: the fastest that this runtime can run. */
  readonly build?: TrainingBuild;
  /** Is told, once a kernel, that a case falls back to a slower way. Default: nobody. */
  readonly warn?: (message: string) => void;
}

let gradientsInUse = false, buildInUse: TrainingBuild | undefined;
const hosts = new Map<KernelBuild, WasmHost>();

/** What the last {@linkcode registerTrainingKernels} chose, if there was one. */
export function registeredBuild(): TrainingBuild | undefined {
  return buildInUse;
}

/**
 * Makes tfjs' wasm backend able to train, and the current one. Calling it again changes the build.
 * tfjs' wasm backend must have been imported (`loadWasmBackend`).
 *
 * @returns The build in use. Throws `Error` when the wasm backend does not come up.
 */
export async function registerTrainingKernels(
  { build = supportedBuild() ?? "composed", warn = () => {} }: TrainingKernelOptions = {},
): Promise<TrainingBuild> {
  if (!tf.findBackendFactory("wasm") || !await tf.setBackend("wasm")) {
    throw new Error("Cannot register training kernels: the wasm backend is not available");
  }
  await loadGradients();
  restoreKernels();
  buildInUse = build;
  for (const [name, kernel] of Object.entries(COMPOSED)) replaceKernel(name, kernel);
  if (build === "composed") return build;
  const host = hosts.get(build) ?? await WasmHost.load(tf.backend(), build);
  hosts.set(build, host);
  for (const [name, kernel] of Object.entries(KERNELS)) {
    replaceKernel(name, withFallback(host, name, kernel, warn));
  }
  if (!gradientsInUse) useClampGradients();
  gradientsInUse = true;
  return build;
}

/** A kernel that hands the cases it does not do to the composed one or to tfjs' own. */
function withFallback(
  host: WasmHost,
  name: string,
  kernel: HostKernel,
  warn: (message: string) => void,
): tf.KernelFunc {
  const slower = COMPOSED[name] ?? stockKernel(name);
  let warned = false;
  return (call) => {
    const inputs = call.inputs as Parameters<HostKernel>[1];
    const output = kernel(host, inputs, call.attrs);
    if (output) return output;
    if (!slower) throw new RangeError(`Cannot run ${name}: this case is not supported`);
    if (!warned) warn(`${name} has no fast kernel for this case: a slower one is used`);
    warned = true;
    return slower(call);
  };
}
