/**
 * A detector's network on tfjs. Only ever loaded by `import()`: see `runner.ts`.
 *
 * @module
 */
import type { DeviceName } from "../backends/active_device.ts";
import { selectDevice, useDevice } from "../backends/device.ts";
import { tf } from "../deps/tfjs.ts";
import { TfNetwork } from "../executors/tf_network.ts";
import { normalise } from "../image/normalise.ts";
import { resample } from "../image/resample.ts";
import { stack, unstack } from "../numbers/nd_array.ts";
import type { LoadedModel } from "../weights/model_file.ts";
import { fromActivations, toActivations } from "./predict.ts";
import type { Runner } from "./runner.ts";

/** Puts a model on one of tfjs' backends. Throws a `DeviceUnavailableError`. */
export async function startTensorRunner(
  { model: { graph, input }, weights }: LoadedModel,
  wanted: DeviceName | "auto",
): Promise<Runner> {
  const device = await selectDevice(wanted);
  const network = new TfNetwork(graph, weights);
  return {
    device,
    run: async (image, view) => {
      const pixels = stack([normalise(resample(image, view, input.fill), input)]);
      useDevice(device); // another detector may have chosen another one
      const outputs = await fromActivations(
        tf.tidy(() => network.predict(toActivations({ image: pixels }))),
      );
      return Object.fromEntries(
        Object.entries(outputs).map(([name, array]) => [name, unstack(array)[0]!]),
      );
    },
    dispose: () => network.dispose(),
    [Symbol.dispose]: () => network.dispose(),
  };
}
