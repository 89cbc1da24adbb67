import { tf } from "../../lib/deps/tfjs.ts";
import { diouLoss, giouLoss, pairwiseIou } from "../../lib/losses/boxes.ts";
import { crossEntropy, focalLoss, varifocalLoss } from "../../lib/losses/focal.ts";
import { eachBackend } from "../_support/backends.ts";
import { assertAllClose } from "../_support/close.ts";

function corners(boxes: number[][]) {
  const [x1, y1, x2, y2] = [0, 1, 2, 3].map((k) => tf.tensor1d(boxes.map((box) => box[k]!)));
  return { x1: x1!, y1: y1!, x2: x2!, y2: y2! };
}

// Two overlapping boxes, two that are apart, two that are one.
const A = [[0, 0, 2, 2], [0, 0, 1, 1], [3, 4, 5, 8]];
const B = [[1, 1, 3, 3], [2, 0, 3, 1], [3, 4, 5, 8]];

eachBackend("box losses agree with values worked out by hand", async () => {
  const a = corners(A), b = corners(B);
  // IoU 1/7, 0, 1
  assertAllClose([...await pairwiseIou(a, b).data()], [1 / 7, 0, 1], { atol: 1e-5 });
  // distance of centres² / diagonal²: 2/18, 4/10, 0
  assertAllClose([...await diouLoss(a, b).data()], [1 - 1 / 7 + 2 / 18, 1.4, 0], { atol: 1e-5 });
  // hull less union, over hull: (9 − 7)/9, (3 − 2)/3, 0
  assertAllClose([...await giouLoss(a, b).data()], [1 - 1 / 7 + 2 / 9, 1 + 1 / 3, 0], {
    atol: 1e-5,
  });
});

eachBackend("crossEntropy() is finite and right for logits of any size", async () => {
  const logits = tf.tensor1d([-200, -1, 0, 1, 200]), targets = tf.tensor1d([0, 1, 0.5, 0.25, 0]);
  const expected = [0, Math.log(1 + Math.E), Math.log(2), Math.log(1 + Math.E) - 0.25, 200];
  assertAllClose([...await crossEntropy(logits, targets).data()], expected, { atol: 1e-4 });
});

eachBackend("focalLoss() agrees with its definition, -alpha (1 - p)^2 log p", async () => {
  const logits = [-2, 0.5, 3], targets = [1, 0, 1];
  const expected = logits.map((x, i) => {
    const p = 1 / (1 + Math.exp(-x)), pt = targets[i] ? p : 1 - p;
    return -(targets[i] ? 0.25 : 0.75) * (1 - pt) ** 2 * Math.log(pt);
  });
  const loss = focalLoss(tf.tensor1d(logits), tf.tensor1d(targets));
  assertAllClose([...await loss.data()], expected, { atol: 1e-5 });
});

eachBackend("varifocalLoss() agrees with its definition", async () => {
  const logits = [-2, 0.5, 3], targets = [0.6, 0, 0], positive = [1, 0, 1];
  const expected = logits.map((x, i) => {
    const p = 1 / (1 + Math.exp(-x)), q = targets[i]!;
    if (positive[i]) return -q * (q * Math.log(p) + (1 - q) * Math.log(1 - p));
    return -0.75 * p ** 2 * Math.log(1 - p);
  });
  const loss = varifocalLoss(
    tf.tensor1d(logits),
    tf.tensor1d(targets),
    tf.tensor1d(positive),
    0.75,
  );
  assertAllClose([...await loss.data()], expected, { atol: 1e-5 });
});
