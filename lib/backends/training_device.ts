/**
 * Chooses the device that a training runs on: as for detection, and able to compute every gradient.
 *
 * @module
 */
import { loadGradients } from "../deps/tfjs_gradients.ts";
import { registerTrainingKernels, type TrainingBuild } from "../kernels/register.ts";
import { type ActiveDevice, type DeviceName, selectDevice } from "./device.ts";

/** What runs the gradients on the WebAssembly device, in words. */
const BUILDS: { readonly [B in TrainingBuild]: string } = {
  relaxed: "own kernels, relaxed SIMD",
  simd: "own kernels, SIMD",
  composed: "gradients composed of tfjs ops, slow",
};

/**
 * Makes a device the current one and ready to train.
 *
 * @param wanted As for {@linkcode selectDevice}.
 * @param warn Is told when a kernel falls back to a slower way.
 * @param kernels What gradients run on, on the WebAssembly device. Default: the fastest there is.
 */
export async function selectTrainingDevice(
  wanted: DeviceName | "auto",
  warn: (message: string) => void,
  kernels?: TrainingBuild,
): Promise<ActiveDevice> {
  const device = await selectDevice(wanted);
  await loadGradients();
  if (device.name !== "wasm") return device;
  const build = await registerTrainingKernels({ warn, ...(kernels ? { build: kernels } : {}) });
  return { ...device, reason: `${device.reason}; ${BUILDS[build]}` };
}
