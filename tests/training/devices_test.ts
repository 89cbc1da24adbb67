// One training on every device that is here: the losses follow one curve.
import { selectTrainingDevice } from "../../lib/backends/training_device.ts";
import type { DeviceName } from "../../lib/backends/device.ts";
import { TRAINING_BUILDS } from "../../lib/kernels/register.ts";
import { eachBackend } from "../_support/backends.ts";
import { assertAllClose } from "../_support/close.ts";
import { photoStore, smallConfig, train } from "./small_run.ts";

/**
 * Losses of ten steps from the same start. The head is trained, with its batch norm; the whole network
 * would need more pixels than plain JavaScript has time for: over a handful of numbers batch norm
 * divides by a variance of next to nothing and blows rounding up.
 */
async function losses(
  device: DeviceName,
  kernels?: Parameters<typeof selectTrainingDevice>[2],
): Promise<number[]> {
  await selectTrainingDevice(device, () => {}, kernels);
  const config = smallConfig({
    model: { settings: { inputSize: 96, gridSize: 3, boxLoss: "diou" } },
    variants: 1,
    epochs: 5,
    schedule: { base: 0.002 },
  });
  const curve: number[] = [];
  const onStep = (_: unknown, { loss }: Readonly<Record<string, number>>) => void curve.push(loss!);
  await train(await photoStore(8), config, { events: { onStep } });
  return curve;
}

/** Relative difference that rounding may reach over these ten steps. */
const TOLERANCE = { rtol: 2e-3, atol: 1e-3 };

let reference: Promise<number[]> | undefined; // plain JavaScript is slow: once is enough

eachBackend("a training follows the curve that plain JavaScript gives", async (device) => {
  reference ??= losses("cpu");
  const expected = await reference;
  const builds = device === "wasm" ? TRAINING_BUILDS : [undefined];
  for (const build of builds) assertAllClose(await losses(device, build), expected, TOLERANCE);
});
