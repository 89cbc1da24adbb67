// Model files whose detections are known beforehand, and one whose detections depend on the photo.
import type { Image } from "../../lib/image/image.ts";
import { tinyInference } from "../../lib/models/tiny/inference.ts";
import { Random } from "../../lib/numbers/random.ts";
import { encodeModel } from "../../lib/weights/model_file.ts";
import { initialWeights } from "../../lib/weights/weight_map.ts";

/** What a cell of the tiny detector says, each in (0, 1). */
export interface Cell {
  readonly height: number;
  readonly width: number;
  readonly y: number;
  readonly x: number;
  readonly score: number;
}

const logit = (p: number) => Math.log(p / (1 - p));

/** A model that says the same of every cell of every photo; the grid has cells of 32 pixels. */
export function constantModel(cell: Cell, inputSize = 32): Uint8Array<ArrayBuffer> {
  const model = tinyInference({ inputSize, gridSize: inputSize / 32 });
  const weights = initialWeights(model.graph, 1);
  weights.get("head_grid/kernel")!.data.fill(0);
  const { height, width, y, x, score } = cell;
  weights.get("head_grid/bias")!.data.set([height, width, y, x, score].map(logit));
  return encodeModel(model, weights);
}

/** A model with random weights: what it finds depends on every pixel. */
export function randomModel(): Uint8Array<ArrayBuffer> {
  const model = tinyInference({ inputSize: 64, gridSize: 4 });
  return encodeModel(model, initialWeights(model.graph, 7));
}

/** A photo of soft random spots, RGB. */
export function spots(width: number, height: number): Image {
  const random = new Random(["spots"]), data = new Uint8Array(width * height * 3);
  const waves = Array.from({ length: 6 }, () => [0, 1, 2].map(() => random.uniform(0.02, 0.4)));
  for (let i = 0; i < data.length; i++) {
    const x = Math.floor(i / 3) % width, y = Math.floor(i / 3 / width);
    const [a, b, c] = waves[i % 3]! as [number, number, number];
    data[i] = 128 + 100 * Math.sin(a * x + b * y) * Math.cos(c * x);
  }
  return { width, height, data };
}

/** The photo with an alpha channel of noise. */
export function withAlpha({ width, height, data }: Image): Image {
  const random = new Random(["alpha"]);
  const rgba = Uint8Array.from(
    { length: width * height * 4 },
    (_, i) => i % 4 === 3 ? random.integer(256) : data[Math.floor(i / 4) * 3 + i % 4]!,
  );
  return { width, height, data: rgba };
}
