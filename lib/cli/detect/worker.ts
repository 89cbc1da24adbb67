/**
 * A thread of `detect --jobs`: a detector of its own. `photo_detector.ts` is the other end.
 *
 * @module
 */
import { createDetector } from "../../detector/detector.ts";
import { serve, type WorkerScope } from "../../training/remote.ts";
import { CliError } from "../exit_codes.ts";
import { type DetectMethods, openPhotoDetector, type PhotoDetector } from "./photo_detector.ts";

let detector: PhotoDetector;

serve<DetectMethods>(self as unknown as WorkerScope, {
  open: async (request) => {
    try {
      detector = await openPhotoDetector(createDetector, request);
      return { model: detector.model, device: detector.device };
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      return { failed: { message: error.message, exitCode: error.exitCode } };
    }
  },
  process: ({ photo, product }) => detector.process(photo, product),
});
