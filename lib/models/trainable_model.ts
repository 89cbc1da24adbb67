/**
 * What a detector implements on top of `detector_model.ts` so that it can be trained.
 *
 * @module
 */
import type { tf } from "../deps/tfjs.ts";
import type { Size } from "../image/image.ts";
import type { NdArray } from "../numbers/nd_array.ts";
import type { Detections, InferenceModel, Truth } from "./detector_model.ts";

/** What a teacher says of a picture. */
export interface TeacherAnswer extends Detections {
  /** What it saw: its activations `[H, W, C]` by name, `"backbone_0"`, `"pyramid_0"`, see `yunet.ts`. */
  readonly features: Readonly<Record<string, NdArray>>;
}

/** A detector that can also be trained. */
export interface TrainableModel extends InferenceModel {
  /** Turns the true faces of one network input into what {@linkcode loss} compares with. */
  encodeTargets(truth: Truth, frame: Size): Record<string, NdArray>;
  /**
   * Turns what a teacher says at every place of one network input, whose true faces are known as well,
   * into further targets. Absent where the model learns from labels only.
   */
  encodeAnswer?(answer: TeacherAnswer, truth: Truth): Record<string, NdArray>;
  /** Names of the teacher's activations that it needs for that. Default: none. */
  readonly hints?: readonly string[];
  /**
   * Targets that training gives to whatever reads a node, in place of its own activation; by the node's
   * name (teacher forcing: Williams & Zipser 1989). Default: none.
   */
  readonly forced?: Readonly<Record<string, string>>;
  /**
   * Terms of the loss by name, each a scalar, meaned over the batch; what is minimised is their sum
   * (and the weight decay, which is the trainer's).
   *
   * @param outputs The graph's outputs by name, `[B, H, W, C]`.
   * @param targets What `encodeTargets` gave, stacked: `[B, …]`.
   * @returns Tensors owned by the caller; run it in a `tf.tidy`.
   */
  loss(
    outputs: Readonly<Record<string, tf.Tensor>>,
    targets: Readonly<Record<string, tf.Tensor>>,
  ): Record<string, tf.Scalar>;
}
