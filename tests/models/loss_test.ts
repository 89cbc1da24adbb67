// The tiny detector's loss, by hand.
import assert from "node:assert/strict";
import { tf } from "../../lib/deps/tfjs.ts";
import { loadGradients } from "../../lib/deps/tfjs_gradients.ts";
import type { BoxLoss } from "../../lib/models/tiny/config.ts";
import { gridLoss } from "../../lib/models/tiny/loss.ts";
import { eachBackend } from "../_support/backends.ts";
import { assertClose } from "../_support/close.ts";
import { expectNoTensorLeak } from "../_support/leaks.ts";

type Cell = readonly number[];

/** A grid of 2 × 2 cells for each photo. */
function grid(photos: readonly (readonly Cell[])[]): tf.Tensor4D {
  const channels = photos[0]![0]!.length;
  return tf.tensor4d(photos.flat(2), [photos.length, 2, 2, channels]);
}

const FACE = [0.5, 0.25, 0.5, 0.75, 1, 1], EMPTY = [0, 0, 0, 0, 0, 1], IGNORED = [0, 0, 0, 0, 0, 0];
const TARGET = [[FACE, EMPTY, IGNORED, EMPTY], [EMPTY, EMPTY, EMPTY, EMPTY]];
const OUTPUT = [
  [
    [0.6, 0.2, 0.4, 0.5, 0.8],
    [0.9, 0.9, 0.9, 0.9, 0.1],
    [0.9, 0.9, 0.9, 0.9, 0.99],
    [0.1, 0.1, 0.1, 0.1, 0.5],
  ],
  [[0, 0, 0, 0, 0.2], [0, 0, 0, 0, 0.2], [0, 0, 0, 0, 0.2], [0, 0, 0, 0, 0.2]],
];

async function lossOf(output: typeof OUTPUT, target: typeof TARGET, boxLoss: BoxLoss) {
  const terms = tf.tidy(() => gridLoss(grid(output), grid(target), boxLoss));
  const [score, box] = [(await terms.score.data())[0]!, (await terms.box.data())[0]!];
  tf.dispose(terms);
  return { score, box };
}

eachBackend("gridLoss() is the mean of the photos' sums over cells", async () => {
  const { score, box } = await expectNoTensorLeak(() => lossOf(OUTPUT, TARGET, "squared"));
  // The ignored cell is in neither term; the boxes of empty cells are in none.
  const first = -Math.log(0.8) - Math.log(1 - 0.1) - Math.log(1 - 0.5);
  assertClose(score, (first - 4 * Math.log(1 - 0.2)) / 2);
  // Height and width count in cells (times 2), offsets are in cells already.
  const distances = [2 * (0.6 - 0.5), 2 * (0.2 - 0.25), 0.4 - 0.5, 0.5 - 0.75];
  assertClose(box, distances.reduce((sum, d) => sum + d * d, 0) / 2);
});

eachBackend("gridLoss() compares boxes by distance-IoU where it is told to", async () => {
  const { score, box } = await expectNoTensorLeak(() => lossOf(OUTPUT, TARGET, "diou"));
  assertClose(score, (await lossOf(OUTPUT, TARGET, "squared")).score);
  // In cells: centre (0.5, 0.4), 0.4 × 1.2 against centre (0.75, 0.5), 0.5 × 1 (width × height).
  const overlap = (0.7 - 0.5) * (1 - 0), union = 0.4 * 1.2 + 0.5 * 1 - overlap;
  // The enclosing box spans x 0.3 … 1 and y −0.2 … 1.
  const distance = (0.25 ** 2 + 0.1 ** 2) / (0.7 ** 2 + 1.2 ** 2);
  assertClose(box, (1 - overlap / union + distance) / 2);
});

eachBackend("gridLoss() stays finite for a score that is certain and wrong", async () => {
  const wrong = OUTPUT.map((cells) => cells.map((cell) => [...cell.slice(0, 4), 0]));
  const { score } = await lossOf(wrong, TARGET, "squared");
  // Keras' epsilon 1e-7 is 1.1921e-7 away from its neighbour in 32 bits: −ln within 0.01 of 16.118.
  assertClose(score, -Math.log(1e-7) / 2, { atol: 0.01 });
});

eachBackend("gridLoss() pulls on the scores of cells and on the boxes of faces only", async () => {
  await loadGradients();
  const gradient = tf.tidy(() => {
    const target = grid(TARGET);
    const sum = (output: tf.Tensor) => {
      const { score, box } = gridLoss(output as tf.Tensor4D, target, "squared");
      return tf.add(score, box);
    };
    return tf.grad(sum)(grid(OUTPUT));
  });
  const numbers = await gradient.data();
  gradient.dispose();
  const cell = (i: number) => [...numbers.slice(5 * i, 5 * i + 5)];
  assert.ok(cell(0)[4]! < 0 && cell(1)[4]! > 0 && cell(3)[4]! > 0);
  assert.deepEqual(cell(1).slice(0, 4).map(Math.abs), [0, 0, 0, 0]);
  assert.deepEqual(cell(2).map(Math.abs), [0, 0, 0, 0, 0]);
  // d/dh of (2 · (0.6 − 0.5))² / 2 photos = 2 · 2² · 0.1 / 2.
  assertClose(cell(0)[0]!, 0.4);
});
