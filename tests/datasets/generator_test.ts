// Batches: their contract, their order, and that boxes stay on the pixels.
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type AugmentOptions,
  createGenerator,
  type GeneratorOptions,
} from "../../lib/datasets/generator.ts";
import { COLOUR_OPTIONS } from "../../lib/datasets/colour_jitter.ts";
import type { ImageCache } from "../../lib/datasets/image_cache.ts";
import { PHOTOMETRIC_OPTIONS } from "../../lib/datasets/photometric.ts";
import { VIEW_OPTIONS } from "../../lib/datasets/random_view.ts";
import type { Dataset, Sample } from "../../lib/datasets/sample.ts";
import type { Image } from "../../lib/image/image.ts";
import type { Truth } from "../../lib/models/detector_model.ts";

const AUGMENT: AugmentOptions = {
  view: { ...VIEW_OPTIONS, zoomChance: 0.5, cropScales: [0.5, 1, 1.5] },
  photometric: PHOTOMETRIC_OPTIONS,
};

/** A model that sees bytes as they are and whose only target is the number of faces. */
const MODEL: GeneratorOptions["model"] = {
  input: {
    size: { width: 32, height: 24 },
    multipleOf: null,
    mean: [0, 0, 0],
    std: [1, 1, 1],
    fill: [9, 9, 9],
  },
  encodeTargets: ({ boxes }: Truth) => ({
    count: { shape: [1], data: Float32Array.of(boxes.length / 4) },
  }),
};

function sampleOf(id: string, boxes: readonly number[] = []): Sample {
  return {
    id,
    path: id,
    boxes: Float32Array.from(boxes),
    ignore: new Uint8Array(boxes.length / 4),
    attributes: {},
    orientation: "stored",
  };
}

const datasetOf = (samples: readonly Sample[]): Dataset => ({ name: "set", samples, problems: [] });
const NUMBERED = datasetOf(Array.from({ length: 10 }, (_, i) => sampleOf(`${i}`, [8, 8, 24, 30])));

/** 64×48 photos: black, each face a white rectangle; those whose id begins with "!" are broken. */
const PAINTED: ImageCache = {
  get(sample) {
    const { path, boxes } = sample as Sample, width = 64, height = 48;
    if (path.startsWith("!")) {
      return Promise.reject(new Error("Cannot decode the image: it is torn"));
    }
    const data = new Uint8Array(width * height * 3);
    for (let i = 0; i < boxes.length; i += 4) {
      const [x1, y1, x2, y2] = boxes.subarray(i).map((value) => Math.max(0, value));
      for (let y = y1!; y < y2!; y++) data.fill(255, 3 * (y * width + x1!), 3 * (y * width + x2!));
    }
    const image: Image = { width, height, data };
    return Promise.resolve({ image, original: { width, height } });
  },
};

function generatorOf(options: Partial<GeneratorOptions> = {}) {
  return createGenerator({
    dataset: NUMBERED,
    model: MODEL,
    cache: PAINTED,
    batchSize: 4,
    seed: 1,
    shuffle: true,
    augment: AUGMENT,
    ...options,
  });
}

Deno.test("Generator.get() gives stacked images and targets", async () => {
  const generator = generatorOf();
  assert.deepEqual([generator.length, generator.samples], [3, 10]);
  const batch = await generator.get(0), last = await generator.get(2);
  assert.deepEqual(batch.images.shape, [4, 24, 32, 3]);
  assert.deepEqual(batch.targets.count!.shape, [4, 1]);
  assert.deepEqual(
    [...batch.targets.count!.data],
    batch.truths.map((truth) => truth.boxes.length / 4),
  );
  assert.deepEqual([batch.ids.length, batch.keys.length, last.ids.length], [4, 4, 2]);
  await assert.rejects(generator.get(3), RangeError);
  await assert.rejects(generator.get(-1), RangeError);
});

Deno.test("Generator.get() shows every sample once an epoch, in an order of its own", async () => {
  const generator = generatorOf();
  const order = async (epoch: number) => {
    const ids: string[] = [];
    for await (const batch of generator.batches(epoch)) ids.push(...batch.ids);
    return ids;
  };
  const first = await order(0), second = await order(1);
  assert.deepEqual(first.toSorted(), NUMBERED.samples.map((sample) => sample.id));
  assert.deepEqual(second.toSorted(), first.toSorted());
  assert.notDeepEqual(second, first);
  assert.deepEqual(await order(0), first);
});

Deno.test("Generator.get() depends on seed, batch and epoch alone", async () => {
  const whole = [];
  for await (const batch of generatorOf().batches(3)) whole.push(batch);
  const resumed = [];
  for await (const batch of generatorOf().batches(3, 1)) resumed.push(batch);
  assert.deepEqual(resumed, whole.slice(1));
  assert.deepEqual(await generatorOf().get(2, 3), whole[2]);
  assert.notDeepEqual((await generatorOf({ seed: 2 }).get(2, 3)).images, whole[2]!.images);
});

Deno.test("Generator.get() repeats views after as many epochs as there are variants", async () => {
  const generator = generatorOf({ batchSize: 10, shuffle: false, variants: 2 });
  const [zero, one, two] = await Promise.all([0, 1, 2].map((epoch) => generator.get(0, epoch)));
  assert.deepEqual(two, zero);
  assert.notDeepEqual(one!.images, zero!.images);
  assert.deepEqual(one!.keys.slice(0, 2), ["0#1", "1#1"]);
  for (const epoch of [0, 5]) {
    assert.deepEqual(generator.keys(0, epoch), (await generator.get(0, epoch)).keys);
  }
});

Deno.test("Generator.get() without augmentation shows the whole photo", async () => {
  const dataset = datasetOf([sampleOf("a", [16, 12, 32, 24])]);
  const size = { width: 32, height: 32 }, model = { ...MODEL, input: { ...MODEL.input, size } };
  const generator = generatorOf({ dataset, model, augment: null });
  const { images, truths, keys } = await generator.get(0, 7);
  // 64×48 fits into 32×32 at half size, with a border of 4 rows above and below.
  assert.deepEqual([...truths[0]!.boxes], [8, 10, 16, 16]);
  assert.deepEqual(keys, ["a#0"]);
  const at = (x: number, y: number) => images.data[3 * (32 * y + x)];
  assert.deepEqual([at(0, 3), at(0, 4), at(31, 27), at(31, 28)], [9, 0, 0, 9]);
  assert.deepEqual([at(10, 12), at(20, 12)], [255, 0]);
  assert.deepEqual(await generator.get(0, 8), await generator.get(0, 7));
});

Deno.test("Generator.get() keeps boxes on the pixels", async () => {
  const augment = { ...AUGMENT, photometric: { ...PHOTOMETRIC_OPTIONS, chance: 0 } };
  const face = fc.tuple(
    fc.integer({ min: 0, max: 44 }),
    fc.integer({ min: 0, max: 28 }),
    fc.integer({ min: 6, max: 20 }),
    fc.integer({ min: 6, max: 20 }),
  );
  await fc.assert(
    fc.asyncProperty(face, fc.nat(), async ([x, y, w, h], seed) => {
      const dataset = datasetOf([sampleOf("a", [x, y, x + w, y + h])]);
      const { images, truths: [truth] } = await generatorOf({ dataset, augment, seed }).get(0);
      const [x1, y1, x2, y2] = truth!.boxes as unknown as [number, number, number, number];
      // Pixels well inside the box are white, those well outside black or border.
      for (let row = 0; row < 24; row++) {
        for (let column = 0; column < 32; column++) {
          const inside = Math.min(
            column + 0.5 - x1,
            x2 - column - 0.5,
            row + 0.5 - y1,
            y2 - row - 0.5,
          );
          const value = images.data[3 * (32 * row + column)]!;
          if (inside > 2) assert.ok(value > 250, `inside is ${value}`);
          // An enlarged edge is as wide as a pixel of the photo is here: up to 4 times.
          if (inside < -4) assert.ok(value < 10, `outside is ${value}`);
        }
      }
    }),
    { numRuns: 50 },
  );
});

Deno.test("Generator.get() turns boxes with the pixels", async () => {
  const augment: AugmentOptions = {
    view: { ...VIEW_OPTIONS, centreChance: 1, flipChance: 0 },
    photometric: { ...PHOTOMETRIC_OPTIONS, chance: 0 },
    rotation: 10,
  };
  const frame = { width: 64, height: 48 };
  const face = fc.tuple(fc.integer({ min: 8, max: 40 }), fc.integer({ min: 8, max: 28 }));
  await fc.assert(
    fc.asyncProperty(face, fc.nat(), async ([x, y], seed) => {
      const dataset = datasetOf([sampleOf("a", [x, y, x + 16, y + 12])]);
      const generator = generatorOf({ dataset, augment, seed, frame });
      const { images, truths: [truth] } = await generator.get(0);
      const white = { x1: Infinity, y1: Infinity, x2: -Infinity, y2: -Infinity };
      for (let k = 0; k < 64 * 48; k++) {
        if (images.data[3 * k]! < 128) continue;
        const column = k % 64, row = Math.floor(k / 64);
        white.x1 = Math.min(white.x1, column);
        white.y1 = Math.min(white.y1, row);
        white.x2 = Math.max(white.x2, column + 1);
        white.y2 = Math.max(white.y2, row + 1);
      }
      // The box encloses the white, and no more than a pixel of rounding lies between.
      const expected = [white.x1, white.y1, white.x2, white.y2];
      truth!.boxes.forEach((edge, k) => assert.ok(Math.abs(edge - expected[k]!) <= 1.5));
    }),
    { numRuns: 50 },
  );
});

Deno.test("Generator.get() changes colours as it is told, the same at every call", async () => {
  const augment: AugmentOptions = {
    view: { ...VIEW_OPTIONS, centreChance: 1, flipChance: 0 },
    photometric: { ...PHOTOMETRIC_OPTIONS, chance: 0 },
  };
  const grey: ImageCache = {
    get: () => {
      const size = { width: 64, height: 48 };
      return Promise.resolve({
        image: { ...size, data: new Uint8Array(64 * 48 * 3).fill(100) },
        original: size,
      });
    },
  };
  const pixels = async (colour?: AugmentOptions["colour"]) => {
    const changed = colour ? { ...augment, colour } : augment;
    return (await generatorOf({ cache: grey, augment: changed }).get(0)).images.data;
  };
  assert.ok((await pixels()).every((value) => value === 100 || value === 9));
  const dark = await pixels({ brightnessFactor: [0.5, 0.5] });
  assert.equal(dark[3 * (32 * 12 + 16)], 50);
  const mixed = await pixels(COLOUR_OPTIONS);
  assert.deepEqual(await pixels(COLOUR_OPTIONS), mixed);
  assert.notDeepEqual(mixed, await pixels());
});

Deno.test("Generator.get() cuts boxes to the photo and reports them once", async () => {
  const problems: string[] = [], onProblem = (problem: string) => problems.push(problem);
  const dataset = datasetOf([sampleOf("a", [-10, 0, 20, 20, 70, 50, 90, 60])]);
  const frame = { width: 64, height: 48 };
  const generator = generatorOf({ dataset, augment: null, frame, onProblem });
  const { truths: [truth] } = await generator.get(0);
  assert.deepEqual([...truth!.boxes], [0, 0, 20, 20]);
  await generator.get(0);
  assert.deepEqual(problems, ["a: 2 boxes reach beyond the image, cut"]);
});

const TORN = datasetOf(["a", "!b", "c"].map((id) => sampleOf(id)));

Deno.test("Generator.get() replaces photos that cannot be read", async () => {
  const problems: string[] = [], onProblem = (problem: string) => problems.push(problem);
  const generator = generatorOf({ dataset: TORN, batchSize: 3, onProblem });
  for (const epoch of [0, 1]) {
    assert.deepEqual((await generator.get(0, epoch)).ids.toSorted(), ["a", "c", "c"]);
  }
  assert.deepEqual(problems, ["!b: left out: Cannot decode the image: it is torn"]);
});

Deno.test("Generator.get() skips photos that cannot be read when it validates", async () => {
  const generator = generatorOf({ dataset: TORN, shuffle: false, augment: null, batchSize: 1 });
  assert.deepEqual((await generator.get(1)).images.shape, [0, 24, 32, 3]);
  const ids = [];
  for await (const batch of generator.batches()) ids.push(...batch.ids);
  assert.deepEqual(ids, ["a", "c"]);
});

Deno.test("Generator.get() throws when no photo can be read", async () => {
  const generator = generatorOf({ dataset: datasetOf([sampleOf("!a"), sampleOf("!b")]) });
  await assert.rejects(generator.get(0), {
    message: 'Cannot make batches: no image of data set "set" can be read',
  });
});

Deno.test("Generator.batches() makes the next batch ahead and no more", async () => {
  const asked: string[] = [];
  const cache: ImageCache = {
    get: (sample) => (asked.push(sample.path), PAINTED.get(sample)),
  };
  const generator = generatorOf({ cache, shuffle: false, batchSize: 3 });
  for await (const batch of generator.batches()) {
    assert.deepEqual(batch.ids, ["0", "1", "2"]);
    assert.deepEqual(asked, ["0", "1", "2", "3", "4", "5"]);
    break;
  }
});

Deno.test("createGenerator() refuses what cannot work", () => {
  assert.throws(() => generatorOf({ dataset: datasetOf([]) }), /data set "set" has no samples/);
  assert.throws(() => generatorOf({ batchSize: 0 }), /batchSize is "0"/);
  assert.throws(() => generatorOf({ variants: 1.5 }), /variants is "1.5"/);
});

Deno.test("a teacher is shown what the network will see, and what it says becomes targets", async () => {
  const shown: Image[] = [];
  const options: GeneratorOptions = {
    dataset: NUMBERED,
    model: {
      ...MODEL,
      encodeAnswer: ({ scores }) => ({ scores: { shape: [scores.length], data: scores } }),
    },
    cache: PAINTED,
    batchSize: 4,
    seed: 1,
    shuffle: true,
    augment: AUGMENT,
    teacher: (picture) => {
      shown.push(picture);
      return {
        boxes: new Float32Array(4),
        scores: Float32Array.of(picture.data[100]! / 255),
        features: {},
      };
    },
  };
  const { images, targets } = await createGenerator(options).get(1, 2);
  assert.deepEqual(targets.scores!.shape, [4, 1]);
  const [height, width, channels] = images.shape.slice(1) as [number, number, number];
  for (const [i, { data }] of shown.entries()) {
    const seen = images.data.subarray(i * height * width * channels).subarray(0, data.length);
    assert.deepEqual([...data], [...seen]);
    assert.equal(targets.scores!.data[i], Math.fround(data[100]! / 255));
  }
  const { teacher: _, ...untaught } = options;
  assert.equal((await createGenerator(untaught).get(1, 2)).targets.scores, undefined);
});
