// Detectors with anchors learn a handful of photos by heart: the whole chain of targets, losses, gradients, decoding
// and average precision holds together.
import assert from "node:assert/strict";
import { selectTrainingDevice } from "../../lib/backends/training_device.ts";
import { decodeImage } from "../../lib/codec/decode.ts";
import { encodePng } from "../../lib/codec/encode.ts";
import { denoStore } from "../../lib/cli/deno_store.ts";
import { loadDataset } from "../../lib/datasets/load.ts";
import type { Boxes } from "../../lib/geometry/boxes.ts";
import { boxesToView, type View } from "../../lib/geometry/view.ts";
import { resample } from "../../lib/image/resample.ts";
import { DEFAULT_CONFIG, mergeConfig } from "../../lib/training/config.ts";
import { prepareTraining } from "../../lib/training/prepare.ts";
import { type Metrics, Trainer } from "../../lib/training/trainer.ts";
import { EDGE_OF_LABELS } from "../_support/edge_settings.ts";
import { MemoryStore } from "../_support/memory_store.ts";
import { YUNET, yunetMissing } from "../_support/real_data.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const SAMPLES = `${ROOT}data/samples`;
const START = `${ROOT}data/models/tiny.safetensors`;
const SIDE = 512;

/** A square of a sample photo, as large as its short side. */
type Crop = readonly [photo: number, place: "left" | "right"];

/** Eight pictures: the left part of all six samples, the right part of two. */
const CROPS: readonly Crop[] = [
  ...Array.from({ length: 6 }, (_, photo) => [photo, "left"] as const),
  [0, "right"],
  [3, "right"],
];

function labelme(boxes: Boxes, name: string): Uint8Array {
  const inside = (o: number) => {
    const x = (boxes[o]! + boxes[o + 2]!) / 2, y = (boxes[o + 1]! + boxes[o + 3]!) / 2;
    return x > 0 && x < SIDE && y > 0 && y < SIDE;
  };
  const shapes = Array.from({ length: boxes.length / 4 }, (_, i) => 4 * i).filter(inside)
    .map((o) => ({
      label: "face",
      points: [[boxes[o], boxes[o + 1]], [boxes[o + 2], boxes[o + 3]]],
      shape_type: "rectangle",
    }));
  const text = JSON.stringify({ shapes, imagePath: name, imageWidth: SIDE, imageHeight: SIDE });
  return new TextEncoder().encode(text);
}

async function eightPictures(): Promise<MemoryStore> {
  const spec = { format: "labelme", images: SAMPLES, labels: SAMPLES } as const;
  const { samples } = await loadDataset(denoStore, spec);
  const store = new MemoryStore();
  await store.write("start.safetensors", await Deno.readFile(START));
  for (const [i, [photo, place]] of CROPS.entries()) {
    const { path, boxes } = samples[photo]!;
    const image = await decodeImage(await Deno.readFile(path));
    const side = Math.min(image.width, image.height);
    const x = place === "left" ? 0 : image.width - side;
    const view: View = { x, y: 0, width: side, height: side, outWidth: SIDE, outHeight: SIDE };
    await store.write(`photos/${i}.png`, encodePng(resample(image, view, [0, 0, 0])));
    await store.write(`photos/${i}.json`, labelme(boxesToView(boxes, view), `${i}.png`));
  }
  return store;
}

/** A detector small enough to be trained in a test. */
interface Pupil {
  readonly name: "tinaface" | "edge";
  readonly settings: Readonly<Record<string, unknown>>;
  /** The parts that are tiny's backbone, which stays as it is. Default: all starts at random. */
  readonly frozen?: readonly string[];
  readonly epochs: number;
  /** Whether it learns from YuNet and sees the labels only when it is measured. */
  readonly isTaught?: boolean;
}

const PUPILS: readonly Pupil[] = [
  {
    name: "tinaface",
    settings: {
      ...{ backbone: "mobilenet_v2", alpha: 0.35, channels: 32, towerDepth: 1 },
      ...{ inputSize: 256, mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] },
    },
    frozen: ["backbone"],
    epochs: 20,
  },
  {
    name: "edge",
    settings: { ...EDGE_OF_LABELS, inputSize: 256 },
    frozen: ["stem", "backbone"],
    epochs: 30,
  },
  { name: "edge", settings: { inputSize: 256, hints: ["pyramid"] }, epochs: 60, isTaught: true },
];

for (const { name, settings, frozen = [], epochs, isTaught = false } of PUPILS) {
  const missing = isTaught ? yunetMissing : null;
  Deno.test({
    name: `${name} learns eight pictures by heart${
      isTaught ? " from what YuNet says of them" : ""
    }: AP at IoU 0.5 is at least 0.95${missing === null ? "" : ` (skipped: ${missing})`}`,
    ignore: missing !== null,
    sanitizeResources: false, // the backend outlives the test that started it
    sanitizeOps: false,
    fn: async () => {
      await selectTrainingDevice("wasm", (warning) => assert.fail(warning));
      const photos = [{ format: "labelme", images: "photos", labels: "photos" }];
      const config = mergeConfig(DEFAULT_CONFIG, {
        model: { name, settings },
        start: frozen.length > 0 ? "start.safetensors" : null,
        frozen,
        teacher: isTaught ? "yunet.onnx" : null,
        data: { train: photos, validation: photos, cache: null },
        augment: null,
        batchSize: 8,
        epochs,
        optimizer: {
          rule: { kind: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
          weightDecay: 0,
          clipNorm: 10,
        },
        schedule: { base: 4e-3, decay: { kind: "cosine", floor: 0.01 } },
        plateau: null,
        earlyStopping: null,
      });
      const store = await eightPictures();
      if (isTaught) await store.write("yunet.onnx", await Deno.readFile(YUNET));
      const { options } = await prepareTraining(config, store);
      using trainer = new Trainer({ ...options, store, folder: "run" });
      let last: Metrics = {};
      await trainer.run({ events: { onEpoch: (_, metrics) => void (last = metrics) } });
      assert.ok(last.val_ap50! >= 0.95, `AP50 is ${last.val_ap50}`);
    },
  });
}
