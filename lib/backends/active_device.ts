/**
 * Devices by name, without what runs on them: who only detects on the engine loads no more than this.
 *
 * @module
 */

/** Where tensors live and are computed, by tfjs. */
export type DeviceName = "webgpu" | "wasm" | "cpu";

/** The device that really came up. */
export interface ActiveDevice<Name extends string = DeviceName> {
  /** Its name. */
  readonly name: Name;
  /** One phrase for the log: why this one, and why not those before it. */
  readonly reason: string;
  /** Bytes of the largest tensor it can hold; absent when only memory limits it. */
  readonly maxTensorBytes?: number;
}

/** The device that was asked for cannot be had, or none can. */
export class DeviceUnavailableError extends Error {
  /** Always `"DeviceUnavailableError"`. */
  override readonly name = "DeviceUnavailableError";
}
