/**
 * The shape that files of kernels share.
 *
 * @module
 */
import type { tf } from "../deps/tfjs.ts";
import type { WasmHost } from "./wasm_host.ts";

/** Input tensors by tfjs' names. */
export type KernelInputs = Readonly<Record<string, tf.TensorInfo>>;

/** A tfjs kernel over a host; undefined says that it does not do this case. */
export type HostKernel = (
  host: WasmHost,
  inputs: KernelInputs,
  // deno-lint-ignore no-explicit-any -- tfjs types attributes kernel by kernel, not here
  attributes: any,
) => tf.TensorInfo | tf.TensorInfo[] | undefined;

/** Kernels by tfjs' names. */
export type KernelTable = Readonly<Record<string, HostKernel>>;
