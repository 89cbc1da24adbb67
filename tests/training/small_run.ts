// A training of a few photos in memory, small enough for a test.
import { encodePng } from "../../lib/codec/encode.ts";
import type { Store } from "../../lib/files/store.ts";
import { Random } from "../../lib/numbers/random.ts";
import { readCheckpoint } from "../../lib/training/checkpoint.ts";
import { DEFAULT_CONFIG, mergeConfig, type TrainConfig } from "../../lib/training/config.ts";
import { prepareTraining } from "../../lib/training/prepare.ts";
import { CHECKPOINT_FILE, Trainer, type TrainingEvents } from "../../lib/training/trainer.ts";
import { MemoryStore } from "../_support/memory_store.ts";

/** Folder of the run in the store. */
export const RUN = "runs/test";

const SIDE = 48;

/** A dim, noisy photo with a bright square, and the corners of the square. */
function photo(index: number): { png: Uint8Array; points: [number, number][] } {
  const random = new Random(["photo", index]);
  const side = 14 + random.integer(16);
  const x = random.integer(SIDE - side), y = random.integer(SIDE - side);
  const data = Uint8Array.from({ length: SIDE * SIDE * 3 }, () => random.integer(90));
  for (let row = y; row < y + side; row++) {
    data.fill(230, (row * SIDE + x) * 3, (row * SIDE + x + side) * 3);
  }
  const png = encodePng({ width: SIDE, height: SIDE, data });
  return { png, points: [[x, y], [x + side, y + side]] };
}

/** A store with photos in `photos/` and Labelme files beside them. */
export async function photoStore(count: number): Promise<MemoryStore> {
  const store = new MemoryStore();
  for (let i = 0; i < count; i++) {
    const { png, points } = photo(i), name = `photos/${i}`;
    const shapes = [{ label: "face", points, shape_type: "rectangle" }];
    const label = { shapes, imagePath: `${i}.png`, imageWidth: SIDE, imageHeight: SIDE };
    await store.write(`${name}.png`, png);
    await store.write(`${name}.json`, new TextEncoder().encode(JSON.stringify(label)));
  }
  return store;
}

const PHOTOS = { format: "labelme", images: "photos", labels: "photos" } as const;

/** The default config on these photos from random weights, with an input of 64 pixels, plus `changes`. */
export function smallConfig(changes: unknown = {}): TrainConfig {
  const small = mergeConfig(DEFAULT_CONFIG, {
    model: { settings: { inputSize: 64, gridSize: 2 } },
    data: { train: [PHOTOS], cache: null },
    start: null,
    batchSize: 4,
    epochs: 3,
    schedule: { base: 0.01 },
  });
  return mergeConfig(small, changes);
}

/** {@linkcode smallConfig} with validation on the same photos. */
export function validatedConfig(changes: unknown = {}): TrainConfig {
  return smallConfig(
    mergeConfig(smallConfig({ data: { validation: [PHOTOS] } }), changes),
  );
}

/** Opens a trainer on the store: a new run, or the one in {@linkcode RUN}. */
export async function openTrainer(
  store: Store,
  config: TrainConfig,
  { isResumed = false }: { isResumed?: boolean } = {},
): Promise<Trainer> {
  const resume = isResumed ? await readCheckpoint(store, `${RUN}/${CHECKPOINT_FILE}`) : undefined;
  const { options } = await prepareTraining(config, store, resume ? { resume } : {});
  return new Trainer({ ...options, store, folder: RUN });
}

/** Trains from start, or resume, to the end. */
export async function train(
  store: Store,
  config: TrainConfig,
  options: { isResumed?: boolean; events?: TrainingEvents; signal?: AbortSignal } = {},
) {
  const { isResumed = false, ...rest } = options;
  using trainer = await openTrainer(store, config, { isResumed });
  return await trainer.run(rest);
}

/** Files of the run by name. */
export async function runFiles(store: MemoryStore): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const name of await store.list(RUN)) files.set(name, await store.read(`${RUN}/${name}`));
  return files;
}
