// Configs: what can be changed, and what is refused.
import assert from "node:assert/strict";
import {
  checkConfig,
  DEFAULT_CONFIG,
  mergeConfig,
  type TrainConfig,
} from "../../lib/training/config.ts";

const DATA = { data: { train: [{ format: "negatives", images: "x" }] } };

Deno.test("DEFAULT_CONFIG is the seed's training", () => {
  const { batchSize, epochs, optimizer, schedule, plateau, earlyStopping, best } = DEFAULT_CONFIG;
  // reference: seed 1, config.py and train.py
  assert.deepEqual([batchSize, epochs], [16, 150]);
  assert.deepEqual(optimizer.rule, { kind: "sgd", momentum: 0.9, nesterov: false });
  assert.equal(optimizer.weightDecay, 5e-4);
  assert.deepEqual(schedule, { base: 1e-4, decay: { kind: "time", rate: 1e-4 } });
  assert.deepEqual([plateau!.factor, plateau!.patience, plateau!.minRate], [0.6, 5, 1e-6]);
  assert.equal(earlyStopping!.patience, 30);
  assert.deepEqual(best, { metric: "val_iou", mode: "max", name: "model-{val_iou:.2f}" });
});

Deno.test("mergeConfig() changes the leaves that are named and no others", () => {
  const merged = mergeConfig(DEFAULT_CONFIG, { data: { maxSide: 300 }, best: { mode: "min" } });
  assert.equal(merged.data.maxSide, 300);
  assert.deepEqual(merged.data, { ...DEFAULT_CONFIG.data, maxSide: 300 });
  assert.deepEqual(merged.best, { ...DEFAULT_CONFIG.best, mode: "min" });
  assert.deepEqual(mergeConfig(DEFAULT_CONFIG, {}), DEFAULT_CONFIG);
});

Deno.test("mergeConfig() replaces what depends on its kind as a whole", () => {
  const rule = { kind: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
  const decay = { kind: "cosine", floor: 0.01 };
  const warmUp = { from: 0.1, length: 1, unit: "epochs" };
  const settings = { alpha: 0.5 };
  const merged = mergeConfig(DEFAULT_CONFIG, {
    optimizer: { rule },
    schedule: { decay, warmUp },
    model: { settings },
    data: { train: [] },
  });
  assert.deepEqual(merged.optimizer, { ...DEFAULT_CONFIG.optimizer, rule });
  assert.deepEqual(merged.schedule, { base: 1e-4, decay, warmUp });
  assert.deepEqual(merged.model, { name: "tiny", settings });
});

Deno.test("mergeConfig() switches off and on what can be off", () => {
  const off = {
    start: null,
    augment: null,
    variants: null,
    plateau: null,
    earlyStopping: null,
    data: { cache: null },
    optimizer: { clipNorm: null },
  };
  const without = mergeConfig(DEFAULT_CONFIG, off);
  assert.deepEqual([without.augment, without.plateau, without.data.cache], [null, null, null]);
  const { plateau, augment } = DEFAULT_CONFIG;
  const again = mergeConfig(without, {
    plateau,
    augment,
    variants: 3,
    start: "w.safetensors",
    data: { cache: "c" },
    optimizer: { clipNorm: 10 },
  });
  assert.deepEqual([again.plateau, again.augment], [plateau, augment]);
  assert.deepEqual([again.variants, again.start, again.data.cache], [3, "w.safetensors", "c"]);
  assert.equal(again.optimizer.clipNorm, 10);
});

Deno.test("mergeConfig() names the key that is not a setting", () => {
  const wrong: [unknown, string][] = [
    [{ batchsize: 4 }, "batchsize"],
    [{ data: { folder: "x" } }, "data.folder"],
    [{ augment: { view: { zoom: 2 } } }, "augment.view.zoom"],
    [{ toString: 1 }, "toString"],
    [JSON.parse('{"__proto__": {"seed": 2}}'), "__proto__"],
  ];
  for (const [changes, key] of wrong) {
    assert.throws(() => mergeConfig(DEFAULT_CONFIG, changes), {
      name: "RangeError",
      message: `Cannot read config: "${key}" is not a setting`,
    });
  }
});

Deno.test("mergeConfig() names the value of the wrong type", () => {
  const wrong: [unknown, string][] = [
    [{ batchSize: "16" }, '"batchSize" is "16", expected a number'],
    [{ batchSize: null }, '"batchSize" is null, expected a number'],
    [{ seed: null }, '"seed" is null, expected a number'],
    [{ start: 5 }, '"start" is 5, expected a string'],
    [{ variants: "2" }, '"variants" is "2", expected a number'],
    [{ optimizer: { clipNorm: true } }, '"optimizer.clipNorm" is true, expected a number'],
    [{ optimizer: { rule: "adam" } }, '"optimizer.rule" is "adam", expected an object'],
    [{ schedule: { warmUp: 5 } }, '"schedule.warmUp" is 5, expected an object'],
    [{ model: null }, '"model" is null, expected an object'],
    [{ frozen: "backbone" }, '"frozen" is "backbone", expected a list'],
    [{ data: [] }, '"data" is not an object'],
    [{ plateau: 3 }, '"plateau" is not an object'],
    [[], '"the whole" is not an object'],
    [null, '"the whole" is null, expected an object'],
  ];
  for (const [changes, message] of wrong) {
    assert.throws(() => mergeConfig(DEFAULT_CONFIG, changes), {
      name: "TypeError",
      message: `Cannot read config: ${message}`,
    });
  }
});

Deno.test("a config survives JSON", () => {
  const config = mergeConfig(DEFAULT_CONFIG, DATA);
  assert.deepEqual(JSON.parse(JSON.stringify(config)), config);
  assert.deepEqual(mergeConfig(DEFAULT_CONFIG, JSON.parse(JSON.stringify(config))), config);
});

Deno.test("checkConfig() refuses what would fail late", () => {
  const wrong: [unknown, string][] = [
    [{ batchSize: 0 }, 'batchSize is "0", expected a positive integer'],
    [{ epochs: 1.5 }, 'epochs is "1.5", expected a positive integer'],
    [{ seed: -1 }, 'seed is "-1", expected an integer from 0'],
    [{ schedule: { base: 0 } }, 'schedule.base is "0", expected above 0'],
    [{ data: { train: [] } }, "data.train is empty, name a data set"],
    [
      { optimizer: { rule: { kind: "rmsprop" } } },
      'optimizer.rule.kind is "rmsprop", choose from sgd, adam',
    ],
    [{ optimizer: { rule: {} } }, 'optimizer.rule.kind is "undefined", choose from sgd, adam'],
    [
      { optimizer: { rule: { kind: "adam", beta1: 0.9, epsilon: 1 } } },
      "optimizer.rule.beta2 is missing",
    ],
    [
      { schedule: { decay: { kind: "toString" } } },
      'schedule.decay.kind is "toString", choose from ' +
      "constant, time, cosine, cosine-restarts, step",
    ],
    [{ schedule: { decay: { kind: "cosine" } } }, "schedule.decay.floor is missing"],
  ];
  const good = mergeConfig(DEFAULT_CONFIG, DATA);
  checkConfig({ ...good, seed: 0 });
  for (const [changes, message] of wrong) {
    assert.throws(() => checkConfig(mergeConfig(good, changes)), {
      name: "RangeError",
      message: `Cannot train: ${message}`,
    });
  }
});

Deno.test("the recipe that ships is a config", async () => {
  const folder = new URL("../../data/recipes/", import.meta.url);
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".json")) continue;
    const recipe = JSON.parse(await Deno.readTextFile(new URL(name, folder)));
    const config: TrainConfig = mergeConfig(DEFAULT_CONFIG, recipe);
    checkConfig(config);
    assert.ok(config.data.validation.length > 0, name);
  }
});
