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
  type LookOptions,
  type WeightsSource,
} from "./lib/detector/detector.ts";
export { type DetectorDevice } from "./lib/detector/runner.ts";
export {
  type ActiveDevice,
  type DeviceName,
  DeviceUnavailableError,
} from "./lib/backends/active_device.ts";
export { ImageDecodeError, type ImageDecodeErrorCode } from "./lib/codec/decode.ts";
export { anonymize, type AnonymizeMethod, type AnonymizeOptions } from "./lib/image/anonymize.ts";
export { type CoverShape } from "./lib/image/cover.ts";
export { type Image, type Size } from "./lib/image/image.ts";
export { type Rgb } from "./lib/image/resample.ts";
export { ANONYMIZE_THRESHOLDS } from "./lib/models/anonymize_thresholds.ts";
export { type ModelName } from "./lib/models/registry.ts";
export { WeightsMismatchError } from "./lib/weights/weight_map.ts";
