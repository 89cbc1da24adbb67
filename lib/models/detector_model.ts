/**
 * What every detector implements. Detector, evaluator and command lines know only these interfaces
 * (the trainer `trainable_model.ts`) and never ask which model it is.
 *
 * @module
 */
import type { Boxes } from "../geometry/boxes.ts";
import type { Graph } from "../graph/graph.ts";
import type { Size } from "../image/image.ts";
import type { Normalisation } from "../image/normalise.ts";
import type { Rgb } from "../image/resample.ts";
import type { NdArray } from "../numbers/nd_array.ts";

/** Boxes that a network found, before NMS: N boxes in pixels of its input, N scores in [0, 1]. */
export interface Detections {
  /** N boxes. */
  readonly boxes: Boxes;
  /** N scores, in the order of the boxes. */
  readonly scores: Float32Array;
}

/** The true faces of one network input. */
export interface Truth {
  /** N boxes, in pixels of the network input. */
  readonly boxes: Boxes;
  /** N flags: 1 = the face counts neither as a face nor as background. */
  readonly ignore: Uint8Array;
}

/** What a network wants to see: pixels 0 … 255, normalised, NHWC. */
export interface InputSpec extends Normalisation {
  /** The size it is trained at. */
  readonly size: Size;
  /** It takes every size whose sides are multiples of this; `null` = only `size`. */
  readonly multipleOf: number | null;
  /** What lies around a photo that does not fill its frame. */
  readonly fill: Rgb;
}

/** What suits a detector. */
export interface DetectionDefaults {
  /** The score from which a box is a face, in [0, 1]. */
  readonly scoreThreshold: number;
  /** Photos are cut to this long side, in pixels, before it sees them; `Infinity` = they are not. */
  readonly maxSide: number;
}

/** A detector as far as running it goes. */
export interface InferenceModel {
  /** The name that command lines and weight files use. */
  readonly name: string;
  /** The configuration it was built from; plain data, saved beside its weights. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The network. */
  readonly graph: Graph;
  /** What the network wants to see. */
  readonly input: InputSpec;
  /** How it is used when the caller does not say. */
  readonly defaults: DetectionDefaults;
  /** Its anchors, if it has any, for an input of this size; for looking at data sets. */
  anchors?(frame: Size): Boxes;
  /**
   * Reads boxes off the outputs of one image.
   *
   * @param outputs The graph's outputs by name, without a batch axis: `[H, W, C]`.
   * @param frame Size of the network input that they belong to.
   */
  decode(outputs: Readonly<Record<string, NdArray>>, frame: Size): Detections;
}
