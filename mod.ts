/**
 * tinyface: face detection in TypeScript.
 *
 * @example Faces of a photo
 * ```ts ignore
 * import { createDetector } from "./mod.ts";
 *
 * using detector = await createDetector();
 * const faces = await detector.detect(await Deno.readFile("photo.jpg"));
 * ```
 *
 * @module
 */
export {
  createDetector,
  type DetectOptions,
  Detector,
  type DetectorOptions,
  type Face,
  type FaceBox,
  type ImageSource,
  type WeightsSource,
} from "./lib/detector/detector.ts";
export { type DetectorDevice } from "./lib/detector/runner.ts";
export {
  type ActiveDevice,
  type DeviceName,
  DeviceUnavailableError,
} from "./lib/backends/active_device.ts";
export { ImageDecodeError, type ImageDecodeErrorCode } from "./lib/codec/decode.ts";
export { type Image, type Size } from "./lib/image/image.ts";
export { type ModelName } from "./lib/models/registry.ts";
export { WeightsMismatchError } from "./lib/weights/weight_map.ts";
