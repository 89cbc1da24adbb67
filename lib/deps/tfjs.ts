/**
 * The only file reachable from `mod.ts` that names npm packages. A module imported from a URL does
 * not see this project's import map, so the specifiers are inline and exact.
 *
 * tfjs 4.22.0 is the last release (2024): it is pinned and treated as frozen.
 *
 * @module
 */
export * as tf from "npm:@tensorflow/tfjs-core@4.22.0";

/** Registers tfjs' plain JavaScript backend as `"cpu"`. */
export const loadCpuBackend = () => import("npm:@tensorflow/tfjs-backend-cpu@4.22.0");

/** Registers tfjs' WebAssembly backend as `"wasm"`. */
export const loadWasmBackend = () => import("npm:@tensorflow/tfjs-backend-wasm@4.22.0");

/** Gives the class of tfjs' WebGPU backend, which takes a device made by us. */
export const loadWebGpuBackend = () => import("npm:@tensorflow/tfjs-backend-webgpu@4.22.0");
