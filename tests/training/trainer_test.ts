// The training loop on a few photos in memory: it learns, resumes bit for bit, keeps the best, stops.
import assert from "node:assert/strict";
import type { DeviceName } from "../../lib/backends/device.ts";
import { selectTrainingDevice } from "../../lib/backends/training_device.ts";
import { tf } from "../../lib/deps/tfjs.ts";
import { readCheckpoint } from "../../lib/training/checkpoint.ts";
import type { TrainConfig } from "../../lib/training/config.ts";
import { CHECKPOINT_FILE, type Metrics, type ValidationPhoto } from "../../lib/training/trainer.ts";
import { decodeModel } from "../../lib/weights/model_file.ts";
import { decodeSafetensors } from "../../lib/weights/safetensors.ts";
import { eachBackend } from "../_support/backends.ts";
import { assertAllClose, assertClose } from "../_support/close.ts";
import { expectNoTensorLeak } from "../_support/leaks.ts";
import { assertSameFiles } from "../_support/same.ts";
import {
  openTrainer,
  photoStore,
  RUN,
  runFiles,
  smallConfig,
  train,
  validatedConfig,
} from "./small_run.ts";

const CHECKPOINT = `${RUN}/${CHECKPOINT_FILE}`;
const ADAM = { rule: { kind: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } };
const ALL_PARTS = { frozen: [], optimizer: ADAM, schedule: { base: 2e-3 } };

const start = (device: DeviceName) =>
  selectTrainingDevice(device, (message) => assert.fail(message));

eachBackend("Trainer lowers the loss", async (device) => {
  await start(device);
  const losses: number[] = [];
  const config = smallConfig({ ...ALL_PARTS, augment: null, epochs: 12 });
  await train(await photoStore(8), config, {
    events: { onEpoch: (_, { loss }) => void losses.push(loss!) },
  });
  assert.equal(losses.length, 12);
  assert.ok(losses.at(-1)! < 0.5 * losses[0]!, `the loss went ${losses[0]} → ${losses.at(-1)}`);
}, ["wasm"]);

/** Interrupts a run after `steps` more steps. */
async function interrupted(
  store: Awaited<ReturnType<typeof photoStore>>,
  config: TrainConfig,
  { steps, isResumed }: { steps: number; isResumed: boolean },
) {
  const stop = new AbortController();
  let done = 0;
  const state = await train(store, config, {
    isResumed,
    signal: stop.signal,
    events: { onStep: () => ++done === steps ? stop.abort() : undefined },
  });
  assert.equal(done, steps);
  return state;
}

/** Ten photos in batches of four: three steps an epoch, the last one of two photos. */
async function assertResumes(config: TrainConfig, stops: readonly number[]): Promise<void> {
  const whole = await photoStore(10), inParts = await photoStore(10);
  await train(whole, config);
  for (const [i, steps] of stops.entries()) {
    await interrupted(inParts, config, { steps, isResumed: i > 0 });
  }
  await train(inParts, config, { isResumed: true });
  // Weights, what the optimizer remembers, sums, plateau, best: all of it lies in these files.
  assertSameFiles(await runFiles(inParts), await runFiles(whole));
}

eachBackend("a resumed run of a head ends with the same files, bit for bit", async (device) => {
  await start(device);
  const config = validatedConfig({ variants: 2, epochs: 4 });
  // In the middle of an epoch, at its last step, in the middle again.
  await assertResumes(config, [1, 2, 4]);
}, ["wasm"]);

eachBackend("a resumed run of everything ends with the same files, bit for bit", async (device) => {
  await start(device);
  const plateau = { minDelta: 10, factor: 0.5, patience: 1, minRate: 0, cooldown: 0 };
  await assertResumes(validatedConfig({ ...ALL_PARTS, plateau, epochs: 3 }), [4]);
}, ["wasm"]);

eachBackend("a resumed run with averaged weights ends with the same files", async (device) => {
  await start(device);
  await assertResumes(validatedConfig({ ...ALL_PARTS, averaging: 0.9, epochs: 3 }), [4]);
}, ["wasm"]);

eachBackend(
  "a resumed run ends with the same files, bit for bit, without kernels",
  async (device) => {
    await start(device);
    const settings = { inputSize: 32, gridSize: 1 };
    await assertResumes(smallConfig({ model: { settings }, variants: 1, epochs: 2 }), [4]);
  },
  ["cpu"],
);

Deno.test("an abort before the first step changes nothing", async () => {
  await start("wasm");
  const store = await photoStore(1);
  const state = await train(store, smallConfig(), { signal: AbortSignal.abort() });
  assert.equal(state.step, 0);
  assert.equal((await runFiles(store)).size, 0);
});

Deno.test("a finished run goes on when it is given more epochs", async () => {
  await start("wasm");
  const longer = smallConfig({ variants: 1, epochs: 3, schedule: { decay: { kind: "constant" } } });
  const shorter = { ...longer, epochs: 2 };
  const whole = await photoStore(4), extended = await photoStore(4);
  await train(whole, longer);
  await train(extended, shorter);
  const unchanged = await runFiles(extended);
  await train(extended, shorter, { isResumed: true });
  assertSameFiles(await runFiles(extended), unchanged);
  await train(extended, longer, { isResumed: true });
  assertSameFiles(await runFiles(extended), await runFiles(whole));
});

eachBackend("Trainer leaves no tensor behind over 20 steps", async (device) => {
  await start(device);
  const counts: number[] = [];
  await expectNoTensorLeak(() =>
    photoStore(6).then((store) =>
      train(store, validatedConfig({ variants: 1, batchSize: 3, epochs: 10 }), {
        events: { onStep: () => void counts.push(tf.memory().numTensors) },
      })
    )
  );
  assert.equal(counts.length, 20);
  assert.equal(new Set(counts).size, 1, counts.join());
}, ["wasm"]);

Deno.test("Trainer keeps the best model and removes the one it beats", async () => {
  await start("wasm");
  const store = await photoStore(8), losses: number[] = [];
  const state = await train(store, smallConfig({ ...ALL_PARTS, augment: null, epochs: 6 }), {
    events: {
      onEpoch: async ({ best }, { loss }) => {
        losses.push(loss!);
        const models = (await store.list(RUN)).filter((name) => name.startsWith("model-"));
        assert.deepEqual(models, [best!.file]);
      },
    },
  });
  assert.ok(losses.some((loss, i) => i > 0 && loss < Math.min(...losses.slice(0, i))), "beaten");
  const lowest = Math.min(...losses);
  assert.deepEqual(state.best, { value: lowest, file: `model-${lowest.toFixed(4)}.safetensors` });
  const bytes = await store.read(`${RUN}/${state.best!.file}`);
  assert.equal(decodeModel(bytes, "tiny").model.config.inputSize, 64);
  const { metadata } = decodeSafetensors(bytes);
  assert.equal(metadata.epoch, String(losses.indexOf(lowest) + 1));
  assert.equal(JSON.parse(metadata.metrics!).loss, lowest);
});

Deno.test("Trainer validates after each epoch and names the best by its metric", async () => {
  await start("wasm");
  const store = await photoStore(5), epochs: Metrics[] = [];
  const shown: (readonly ValidationPhoto[])[] = [];
  const config = validatedConfig({ variants: 1, epochs: 2, drawnPhotos: 3 });
  const { best } = await train(store, config, {
    events: {
      onEpoch: (_, metrics) => void epochs.push(metrics),
      onValidationPhotos: (_, photos) => void shown.push(photos),
    },
  });
  for (const metrics of epochs) {
    assert.deepEqual(Object.keys(metrics), [
      ...["loss_score", "loss_box", "loss"],
      ...["val_loss", "val_iou", "val_mse", "val_ap50", "val_ap50_large", "rate"],
    ]);
    assertClose(metrics.loss!, metrics.loss_score! + metrics.loss_box!);
    assert.ok(Object.values(metrics).every(Number.isFinite), JSON.stringify(metrics));
  }
  assert.equal(best!.value, Math.max(...epochs.map(({ val_iou }) => val_iou!)));
  assert.equal(best!.file, `model-${best!.value.toFixed(2)}.safetensors`);
  assert.deepEqual(shown.map((photos) => photos.map(({ index }) => index)), [[0, 1, 2], [0, 1, 2]]);
  assert.equal(shown[0]![0]!.detections.scores.length, 2 * 2);
});

Deno.test("Trainer counts steps and epochs, and reports each", async () => {
  await start("wasm");
  const at: number[][] = [], photos: number[] = [];
  using trainer = await openTrainer(await photoStore(5), smallConfig({ variants: 1, epochs: 2 }));
  assert.equal(trainer.stepsPerEpoch, 2);
  await trainer.run({
    events: {
      onStep: ({ epoch, batch, step }, metrics) => {
        at.push([epoch, batch, step]);
        photos.push(metrics.photos!);
        assert.ok(metrics.stepMs! > 0 && metrics.waitMs! >= 0 && metrics.loss! > 0);
      },
    },
  });
  assert.deepEqual(at, [[0, 1, 1], [0, 2, 2], [1, 1, 3], [1, 2, 4]]);
  assert.deepEqual(photos, [4, 1, 4, 1]);
  assert.ok(trainer.finished);
  assert.deepEqual(trainer.state.sums, {});
});

/** Nothing counts as progress. */
const HOPELESS = { minDelta: 1e9 };

Deno.test("Trainer lowers the rate on a plateau and stops early", async () => {
  await start("wasm");
  const rates: number[] = [], messages: string[] = [];
  const config = smallConfig({
    variants: 1,
    epochs: 9,
    schedule: { base: 0.01, decay: { kind: "constant" } },
    plateau: { ...HOPELESS, patience: 2, factor: 0.1 },
    earlyStopping: { ...HOPELESS, patience: 4 },
  });
  const store = await photoStore(2);
  const state = await train(store, config, {
    events: {
      onStep: (_, { rate }) => void rates.push(rate!),
      onMessage: (text) => void messages.push(text),
    },
  });
  // The first epoch is the best one; two without progress lower the rate, four end it.
  assertAllClose(rates, [0.01, 0.01, 0.01, 0.001, 0.001]);
  assert.deepEqual([state.epoch, state.stoppedEarly], [5, true]);
  assert.match(messages[0]!, /^no progress: learning rate lowered to 0.001/);
  assert.equal(messages.at(-1), "no progress in 4 epochs: stopped early");
  const again = await train(store, config, { isResumed: true });
  assert.deepEqual(again, state, "what has stopped stays stopped");
});

Deno.test("Trainer ends with one sentence when numbers are lost, and keeps its checkpoint", async () => {
  await start("wasm");
  const config = smallConfig({ frozen: [], epochs: 1, augment: null, plateau: null });
  const store = await photoStore(4);
  await train(store, config);
  const before = await runFiles(store);
  const lost = { ...config, epochs: 9, schedule: { ...config.schedule, base: 1e38 } };
  // One step an epoch: it ruins the weights, which shows when they are to be kept.
  const attempts: [TrainConfig, RegExp][] = [
    [lost, /weight "[^"]+" is not finite; a lower learning rate may help$/],
    [{ ...lost, batchSize: 2 }, /the loss is "NaN"; a lower learning rate may help$/],
  ];
  for (const [broken, message] of attempts) {
    await expectNoTensorLeak(() =>
      assert.rejects(train(store, broken, { isResumed: true }), { name: "RangeError", message })
    );
    assertSameFiles(await runFiles(store), before);
  }
});

Deno.test("a corrupt checkpoint is refused by its name and nothing else is touched", async () => {
  await start("wasm");
  const store = await photoStore(2), config = smallConfig({ variants: 1, epochs: 1 });
  await train(store, config);
  const good = await store.read(CHECKPOINT);
  const model = [...(await runFiles(store)).keys()].find((name) => name.startsWith("model-"))!;
  const broken = [good.slice(0, -5), new TextEncoder().encode("hello"), new Uint8Array()];
  for (const bytes of [...broken, await store.read(`${RUN}/${model}`)]) {
    await store.write(CHECKPOINT, bytes);
    const before = await runFiles(store);
    await assert.rejects(train(store, config, { isResumed: true }), {
      name: "SyntaxError",
      message: /^Cannot resume from "runs\/test\/checkpoint\.safetensors": Cannot read /,
    });
    assertSameFiles(await runFiles(store), before);
  }
  await store.write(CHECKPOINT, good);
  assert.equal((await readCheckpoint(store, CHECKPOINT)).state.epoch, 1);
});

Deno.test("Trainer refuses parts and checkpoints that do not fit, and frees what it made", async () => {
  await start("wasm");
  const store = await photoStore(2), config = smallConfig({ variants: 1, epochs: 1 });
  await train(store, config);
  const attempts: [TrainConfig, boolean, string, RegExp][] = [
    [{ ...config, frozen: ["neck"] }, false, "RangeError", /"neck": model "tiny" has "backbone"/],
    [{ ...config, frozen: ["backbone", "head"] }, false, "RangeError", /all parts are frozen$/],
    [{ ...config, frozen: [] }, true, "TypeError", /^Cannot restore the optimizer: missing is/],
    [
      { ...config, model: { name: "tiny", settings: { alpha: 0.5 } } },
      true,
      "WeightsMismatchError",
      /./,
    ],
  ];
  for (const [changed, isResumed, name, message] of attempts) {
    await expectNoTensorLeak(() =>
      assert.rejects(openTrainer(store, changed, { isResumed }), { name, message })
    );
  }
});

Deno.test("Trainer says when the metric that chooses the best is not measured", async () => {
  await start("wasm");
  const best = { metric: "val_f1", mode: "max", name: "model" };
  const config = validatedConfig({ variants: 1, epochs: 1, best });
  await assert.rejects(train(await photoStore(1), config), {
    name: "RangeError",
    message: /^Cannot choose the best model: metric "val_f1" is not among loss/,
  });
});
