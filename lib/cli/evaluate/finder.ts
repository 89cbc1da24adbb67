/**
 * Detectors as an evaluation uses them: one in this thread, or several in workers.
 *
 * @module
 */
import type { ActiveDevice } from "../../backends/active_device.ts";
import type { DetectorDevice } from "../../detector/runner.ts";
import type { Detector } from "../../detector/detector.ts";
import { faceFinder, type FindFaces } from "../../evaluation/find_faces.ts";
import {
  detectByProtocol,
  INPUT_PROTOCOLS,
  type InputProtocolName,
} from "../../evaluation/input_protocol.ts";
import type { ReadableStore } from "../../files/store.ts";
import type { Image, Size } from "../../image/image.ts";
import { type CreateDetector, type DetectorRequest, openDetector } from "../open_detector.ts";

/** A detector as far as an evaluation uses it. */
export type EvaluatedDetector =
  & Pick<Detector, "detect" | "dispose" | "model" | "device">
  & Partial<Pick<Detector, "inputSize">>;

/** Which detector, and how it gets to see the photos. */
export interface FinderRequest extends DetectorRequest {
  /** See {@linkcode INPUT_PROTOCOLS}; makes no difference to a model that takes one size only. */
  readonly protocol: InputProtocolName;
  /** Overlap above which the better one of two boxes stays, within one look and between several. */
  readonly nmsThreshold: number;
}

/** What there is to say about a detector. */
export interface FinderInfo {
  /** Name of its model. */
  readonly model: string;
  /** Where it computes. */
  readonly device: ActiveDevice<DetectorDevice>;
  /** The one size it takes; `undefined` when it takes any. */
  readonly inputSize: Size | undefined;
}

/** A detector that reads photos itself. */
export interface Finder extends FinderInfo {
  /** Finds the faces of a photo. */
  readonly find: FindFaces;
  /** Frees what it holds. */
  dispose(): void;
}

/** Boxes below this score make no difference to average precision that is worth their time. */
const LOWEST_SCORE = 0.01;

/** Makes a finder in this thread. Throws what {@linkcode openDetector} throws. */
export async function openFinder(
  store: ReadableStore,
  create: CreateDetector<EvaluatedDetector>,
  { protocol, ...request }: FinderRequest,
): Promise<Finder> {
  const detector = await openDetector(store, create, request);
  const { model, device, inputSize } = detector;
  // To letterbox what was resized before would only blur it.
  const shown = INPUT_PROTOCOLS[inputSize === undefined ? protocol : "original"];
  const asShown = { scoreThreshold: LOWEST_SCORE, maxSide: request.maxSide ?? Infinity };
  const detect = (image: Image) => detector.detect(image, asShown);
  const merge = { iouThreshold: request.nmsThreshold };
  const find = faceFinder(store, (photo) => detectByProtocol(photo, shown, detect, merge));
  return { model, device, inputSize, find, dispose: () => detector.dispose() };
}
