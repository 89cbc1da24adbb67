/**
 * Chooses where tensors live and brings that tfjs backend up. The choice and its reason are
 * returned, never silent; a software WebGPU adapter is used only when it is asked for by name.
 *
 * tfjs has one current backend a process: so has this project.
 *
 * @module
 */
import { loadCpuBackend, loadWasmBackend, loadWebGpuBackend, tf } from "../deps/tfjs.ts";
import { type ActiveDevice, type DeviceName, DeviceUnavailableError } from "./active_device.ts";

export { type ActiveDevice, type DeviceName, DeviceUnavailableError };

/** All devices, the preferred first. */
export const DEVICE_NAMES: readonly DeviceName[] = ["webgpu", "wasm", "cpu"];

/**
 * Makes a device the current one.
 *
 * @param wanted A device by name, or `"auto"`: WebGPU on a real adapter, else WebAssembly, else plain
 * JavaScript.
 * @returns What came up. Throws {@linkcode DeviceUnavailableError} when what was wanted by name did
 * not; `"auto"` always finds the plain one.
 */
export async function selectDevice(wanted: DeviceName | "auto"): Promise<ActiveDevice> {
  const passedOver: string[] = [];
  for (const name of wanted === "auto" ? DEVICE_NAMES : [wanted]) {
    try {
      const { detail, ...limits } = await START[name]({ allowSoftware: wanted !== "auto" });
      if (!await tf.setBackend(name)) throw new Error("tfjs could not initialise it");
      await tf.ready();
      return { name, reason: [detail, ...passedOver].join("; "), ...limits };
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (wanted !== "auto") {
        throw new DeviceUnavailableError(`Cannot use device "${wanted}": ${why}`);
      }
      passedOver.push(`not ${name}: ${why}`);
    }
  }
  throw new DeviceUnavailableError(`Cannot find a device: ${passedOver.join("; ")}`);
}

/** Makes a device that has come up before the current one again, at once. */
export function useDevice({ name }: ActiveDevice): void {
  // The backend is there, so this does not wait; it is not free, hence the question.
  if (tf.getBackend() !== name) void tf.setBackend(name);
}

interface StartOptions {
  readonly allowSoftware: boolean;
}

/** What came up: in words, and its limits. */
interface Started extends Pick<ActiveDevice, "maxTensorBytes"> {
  readonly detail: string;
}

/** Registers a backend with tfjs and says what it runs on. Throws with the reason if it cannot. */
const START: { readonly [D in DeviceName]: (options: StartOptions) => Promise<Started> } = {
  webgpu: startWebGpu,
  wasm: startWasm,
  cpu: startCpu,
};

// tfjs registers its own "webgpu" while it is imported, with a device of default limits and (in
// 4.22.0) a malformed feature list, hence a device of our own in its place.
async function startWebGpu({ allowSoftware }: StartOptions): Promise<Started> {
  const adapter = await globalThis.navigator?.gpu?.requestAdapter();
  if (!adapter) throw new Error("no adapter found");
  const description = adapter.info.description || adapter.info.vendor || "unnamed adapter";
  if (adapter.info.isFallbackAdapter && !allowSoftware) {
    throw new Error(`its only adapter is software ("${description}")`);
  }
  const detail = adapter.info.isFallbackAdapter ? "software adapter" : "adapter";
  if (!tf.findBackend("webgpu")) {
    const { limits } = adapter;
    const device = await adapter.requestDevice({
      requiredLimits: {
        maxComputeWorkgroupStorageSize: limits.maxComputeWorkgroupStorageSize,
        maxComputeWorkgroupsPerDimension: limits.maxComputeWorkgroupsPerDimension,
        maxStorageBufferBindingSize: limits.maxStorageBufferBindingSize,
        maxBufferSize: limits.maxBufferSize,
        maxComputeWorkgroupSizeX: limits.maxComputeWorkgroupSizeX,
        maxComputeInvocationsPerWorkgroup: limits.maxComputeInvocationsPerWorkgroup,
      },
    });
    const { WebGPUBackend } = await loadWebGpuBackend();
    tf.removeBackend("webgpu");
    tf.registerBackend("webgpu", () => new WebGPUBackend(device, adapter.info), 3);
    // Otherwise tfjs computes small tensors on its cpu backend, behind our back.
    tf.env().set("WEBGPU_CPU_FORWARD", false);
  }
  return {
    detail: `${detail} "${description}"`,
    maxTensorBytes: adapter.limits.maxStorageBufferBindingSize,
  };
}

async function startWasm(): Promise<Started> {
  // tfjs reads its binary from a file. Asking first keeps a sandboxed run from being prompted.
  const read = await globalThis.Deno?.permissions.query({ name: "read" });
  if (read && read.state !== "granted") throw new Error("it needs --allow-read for its binary");
  await loadWasmBackend();
  return { detail: "WebAssembly SIMD" };
}

async function startCpu(): Promise<Started> {
  tf.enableProdMode(); // keeps the backend from advertising tfjs-node on stderr
  await loadCpuBackend();
  return { detail: "plain JavaScript" };
}
