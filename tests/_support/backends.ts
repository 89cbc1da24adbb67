// One test on each tensor backend that this machine has.
import { DEVICE_NAMES, type DeviceName, selectDevice } from "../../lib/backends/device.ts";

/** Why a device cannot be had here, or `null` when it can; cheap, nothing is started. */
const missing: Readonly<Record<DeviceName, string | null>> = {
  cpu: null,
  wasm: (await Deno.permissions.query({ name: "read" })).state === "granted"
    ? null
    : "no --allow-read for its binary",
  webgpu: await navigator.gpu?.requestAdapter() ? null : "no WebGPU adapter",
};

/** Registers a test for each device; one that is not there is skipped, with the reason in the name. */
export function eachBackend(
  name: string,
  body: (device: DeviceName) => void | Promise<void>,
  devices: readonly DeviceName[] = DEVICE_NAMES,
): void {
  for (const device of devices) {
    const reason = missing[device];
    Deno.test({
      name: `${name} on ${device}${reason === null ? "" : ` (skipped: ${reason})`}`,
      ignore: reason !== null,
      // A backend, once started, outlives the test that started it.
      sanitizeResources: false,
      sanitizeOps: false,
      fn: async () => {
        await selectDevice(device);
        await body(device);
      },
    });
  }
}
