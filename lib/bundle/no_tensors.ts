/**
 * Stands in for `lib/detector/tensor_runner.ts` in the bundles, which carry no tfjs.
 *
 * @module
 */
import { type DeviceName, DeviceUnavailableError } from "../backends/active_device.ts";
import type { Runner } from "../detector/runner.ts";
import type { LoadedModel } from "../weights/model_file.ts";

/** Rejects with a `DeviceUnavailableError`. */
export function startTensorRunner(_: LoadedModel, wanted: DeviceName | "auto"): Promise<Runner> {
  const message = `Cannot use device "${wanted}": this bundle has the engine only, and no tfjs`;
  return Promise.reject(new DeviceUnavailableError(message));
}
