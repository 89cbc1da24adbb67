/**
 * Focal loss: cross-entropy that cares less about what is easy, so that a hundred thousand background
 * anchors do not drown a few faces.
 *
 * Reference: Lin et al. 2017, arXiv 1708.02002, eq. 5, with alpha 0.25 and gamma 2 as in vedadet.
 *
 * @module
 */
import { tf } from "../deps/tfjs.ts";

const ALPHA = 0.25;

/**
 * The loss of each logit, in their shape.
 *
 * @param targets 1 or 0 for each logit.
 */
export function focalLoss(logits: tf.Tensor, targets: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const p = tf.sigmoid(logits), other = tf.sub(1, targets);
    const miss = tf.add(tf.mul(tf.sub(1, p), targets), tf.mul(p, other));
    const alpha = tf.add(tf.mul(targets, ALPHA), tf.mul(other, 1 - ALPHA));
    return tf.mul(tf.mul(alpha, tf.square(miss)), crossEntropy(logits, targets));
  });
}

/**
 * Varifocal loss of each logit, in their shape: cross-entropy, times the target on a face and as focal
 * as ever on background.
 *
 * Reference: Zhang et al. 2021, arXiv 2008.13367, eq. 2, with γ = 2.
 *
 * @param targets In [0, 1], 0 on background.
 * @param positive 1 on a face, 0 on background.
 * @param alpha What background counts; 0.75 in the paper.
 */
export function varifocalLoss(
  logits: tf.Tensor,
  targets: tf.Tensor,
  positive: tf.Tensor,
  alpha: number,
): tf.Tensor {
  return tf.tidy(() => {
    const background = tf.mul(tf.sub(1, positive), alpha);
    const weight = tf.mul(background, tf.square(tf.sigmoid(logits)));
    return tf.mul(tf.add(targets, weight), crossEntropy(logits, targets));
  });
}

/**
 * Cross-entropy of each logit with its target in [0, 1], in their shape; finite for every logit:
 * max(x, 0) − x·t + ln(1 + e^−|x|).
 */
export function crossEntropy(logits: tf.Tensor, targets: tf.Tensor): tf.Tensor {
  return tf.tidy(() =>
    tf.add(
      tf.sub(tf.relu(logits), tf.mul(logits, targets)),
      tf.log(tf.add(1, tf.exp(tf.neg(tf.abs(logits))))),
    )
  );
}
