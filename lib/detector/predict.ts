/**
 * From a batch of network inputs to the boxes in it: the step that detection and validation share.
 *
 * @module
 */
import { tf } from "../deps/tfjs.ts";
import type { Activations, TfNetwork } from "../executors/tf_network.ts";
import type { Size } from "../image/image.ts";
import type { Detections, InferenceModel } from "../models/detector_model.ts";
import { type NdArray, unstack } from "../numbers/nd_array.ts";

/** Arrays by node name, each `[B, H, W, C]`: the network's `image`, or activations further on. */
export type NetworkInputs = Readonly<Record<string, NdArray>>;

/** Puts arrays on the device. The tensors are the caller's to dispose. */
export function toActivations(inputs: NetworkInputs): Activations {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, data }]) => [
      name,
      tf.tensor4d(data, shape as [number, number, number, number]),
    ]),
  );
}

/** Takes tensors off the device and disposes them. */
export async function fromActivations(activations: Activations): Promise<Record<string, NdArray>> {
  const arrays: Record<string, NdArray> = {};
  for (const [name, tensor] of Object.entries(activations)) {
    arrays[name] = { shape: tensor.shape, data: await tensor.data<"float32">() };
    tensor.dispose();
  }
  return arrays;
}

/**
 * Runs a network on a batch.
 *
 * @param frame Size of the network input that the inputs come from.
 * @returns What was found on each image, before NMS, in pixels of the frame.
 */
export async function predict(
  network: TfNetwork,
  model: InferenceModel,
  inputs: NetworkInputs,
  frame: Size,
): Promise<Detections[]> {
  const outputs = await fromActivations(
    tf.tidy(() => network.predict(toActivations(inputs))),
  );
  const images = Object.entries(outputs).map(([name, array]) => [name, unstack(array)] as const);
  const batch = images[0]?.[1].length ?? 0;
  return Array.from(
    { length: batch },
    (_, i) => model.decode(Object.fromEntries(images.map(([n, arrays]) => [n, arrays[i]!])), frame),
  );
}
