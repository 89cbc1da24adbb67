/**
 * The engine's compiled kernels: choosing the build that this runtime can run, and instantiating it
 * over a memory of its own.
 *
 * @module
 */
import { decodeBase64 } from "../numbers/base64.ts";
import { relaxedModule } from "./embedded_relaxed.ts";
import { simdModule } from "./embedded_simd.ts";

/** A build of the kernels: with relaxed SIMD (fused multiply-add), or with plain SIMD. */
export type EngineBuild = "relaxed" | "simd";

const MODULES: Readonly<Record<EngineBuild, string>> = {
  relaxed: relaxedModule,
  simd: simdModule,
};

/** The exports of `assembly/index.ts`, where each one's parameters are described. */
export type KernelName =
  | "add"
  | "copyChannels"
  | "groupMoments"
  | "maxPool"
  | "resampleColumns"
  | "resampleRows"
  | "resizeBilinear"
  | "resizeNearest"
  | "runChain"
  | "scaleShift"
  | "sigmoid";

/** Kernels by name: pointers are byte offsets into the memory, sizes are in elements. */
export type Kernels = Readonly<Record<KernelName, (...numbers: number[]) => void>>;

/** A build's bytes. */
export function engineBytes(build: EngineBuild): Uint8Array<ArrayBuffer> {
  return decodeBase64(MODULES[build]);
}

/** The fastest build that this runtime validates, or undefined where it has no SIMD. */
export function supportedEngineBuild(): EngineBuild | undefined {
  return (["relaxed", "simd"] as const).find((build) => WebAssembly.validate(engineBytes(build)));
}

/** Compiles a build. Runtimes that forbid this (Cloudflare Workers) are given a compiled one. */
export function compileEngine(build: EngineBuild): Promise<WebAssembly.Module> {
  return WebAssembly.compile(engineBytes(build));
}

/** Instantiates a compiled module over `memory`, in which it reads and writes where it is told. */
export function loadEngineKernels(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
): Kernels {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels;
}
