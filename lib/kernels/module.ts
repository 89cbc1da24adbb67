/**
 * The compiled kernels: choosing the build that this runtime can run, and instantiating it over a
 * memory. No tfjs here: an inference engine uses the same module over a memory of its own.
 *
 * @module
 */
import { decodeBase64 } from "../numbers/base64.ts";
import { relaxedModule } from "./embedded_relaxed.ts";
import { simdModule } from "./embedded_simd.ts";

/** A build of the kernels: with relaxed SIMD (fused multiply-add), or with plain SIMD. */
export type KernelBuild = "relaxed" | "simd";

const MODULES: Readonly<Record<KernelBuild, string>> = {
  relaxed: relaxedModule,
  simd: simdModule,
};

/** The exports of `assembly/index.ts`, where each one's parameters are described. */
export type KernelName =
  | "clampGradient"
  | "convolutionScratchBytes"
  | "convolve"
  | "convolveFilterGradient"
  | "convolveInputGradient"
  | "depthwise"
  | "depthwiseFilterGradient"
  | "depthwiseInputGradient"
  | "depthwiseScratchBytes"
  | "maxPoolGradient"
  | "normalizationScratchBytes"
  | "normalize"
  | "normalizeGradient"
  | "resizeBilinearGradient"
  | "resizeNearest"
  | "segmentSum"
  | "updateAdam"
  | "updateAverage"
  | "updateMomentum";

/** Kernels by name: pointers are byte offsets into the memory, sizes are in elements. */
export type Kernels = Readonly<Record<KernelName, (...numbers: number[]) => number>>;

function moduleBytes(build: KernelBuild): Uint8Array<ArrayBuffer> {
  return decodeBase64(MODULES[build]);
}

/** The fastest build that this runtime validates, or undefined where it has no SIMD. */
export function supportedBuild(): KernelBuild | undefined {
  return (["relaxed", "simd"] as const).find((build) => WebAssembly.validate(moduleBytes(build)));
}

/** Instantiates a build over `memory`, in which it reads and writes wherever it is told. */
export async function loadKernels(
  memory: WebAssembly.Memory,
  build: KernelBuild,
): Promise<Kernels> {
  const { instance } = await WebAssembly.instantiate(moduleBytes(build), { env: { memory } });
  return instance.exports as unknown as Kernels;
}
