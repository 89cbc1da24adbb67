/**
 * What runs a detector's network: the engine, or tfjs, which is loaded only when it is needed.
 *
 * @module
 */
import {
  type ActiveDevice,
  type DeviceName,
  DeviceUnavailableError,
} from "../backends/active_device.ts";
import { EngineNetwork } from "../engine/network.ts";
import { compileEngine, supportedEngineBuild } from "../engine/module.ts";
import type { View } from "../geometry/view.ts";
import type { Image } from "../image/image.ts";
import type { NdArray } from "../numbers/nd_array.ts";
import type { LoadedModel } from "../weights/model_file.ts";

/** Where a detector can compute: on this library's own engine, or on one of tfjs' backends. */
export type DetectorDevice = "engine" | DeviceName;

/** All devices for detection, the preferred first. */
export const DETECTOR_DEVICES: readonly DetectorDevice[] = ["engine", "webgpu", "wasm", "cpu"];

/** A network on a device. */
export interface Runner extends Disposable {
  /** The device. */
  readonly device: ActiveDevice<DetectorDevice>;
  /**
   * Runs the network on what a view shows of a photo.
   *
   * @returns The graph's outputs by name, `[H, W, C]`.
   */
  run(image: Image, view: View): Promise<Record<string, NdArray>>;
  /** Frees the memory. */
  dispose(): void;
}

const BUILDS = { relaxed: "own WebAssembly, relaxed SIMD", simd: "own WebAssembly, SIMD" } as const;

async function startEngine(
  { model, weights }: LoadedModel,
  given: WebAssembly.Module | undefined,
): Promise<Runner> {
  const build = given ? undefined : supportedEngineBuild();
  if (!given && !build) throw new Error("this runtime has no WebAssembly SIMD");
  const module = given ?? await compileEngine(build!);
  const network = new EngineNetwork(model.graph, weights, module);
  return {
    device: { name: "engine", reason: build ? BUILDS[build] : "own WebAssembly, as given" },
    // What is thrown in there is a rejection out here.
    run: (image, view) => new Promise((resolve) => resolve(network.see(image, view, model.input))),
    dispose: () => network.dispose(),
    [Symbol.dispose]: () => network.dispose(),
  };
}

/** The one way from here to tfjs. */
async function startTensors(loaded: LoadedModel, device: DeviceName | "auto"): Promise<Runner> {
  const { startTensorRunner } = await import("./tensor_runner.ts");
  return await startTensorRunner(loaded, device);
}

/**
 * Puts a model on a device.
 *
 * @param engineModule The engine's kernels, compiled. Default: the fastest that this runtime can run.
 * Throws a `DeviceUnavailableError` when the wanted device cannot be had.
 */
export async function startRunner(
  loaded: LoadedModel,
  wanted: DetectorDevice | "auto",
  engineModule?: WebAssembly.Module,
): Promise<Runner> {
  if (wanted !== "auto" && wanted !== "engine") return await startTensors(loaded, wanted);
  try {
    return await startEngine(loaded, engineModule);
  } catch (error) {
    const { message } = error as Error;
    if (wanted === "engine") {
      throw new DeviceUnavailableError(`Cannot use device "engine": ${message}`, { cause: error });
    }
    const runner = await startTensors(loaded, "auto");
    const { name, reason } = runner.device;
    return { ...runner, device: { name, reason: `${reason}; not engine: ${message}` } };
  }
}
