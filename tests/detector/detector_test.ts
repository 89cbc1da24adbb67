// Photos and weights in, faces in the photo's own pixels out.
import assert from "node:assert/strict";
import { encodePng } from "../../lib/codec/encode.ts";
import {
  createDetector,
  type DetectOptions,
  type Detector,
  type Face,
  type WeightsSource,
} from "../../lib/detector/detector.ts";
import { downscale } from "../../lib/image/resample.ts";
import { encodeSafetensors } from "../../lib/weights/safetensors.ts";
import { eachBackend } from "../_support/backends.ts";
import { assertAllClose } from "../_support/close.ts";
import { expectNoTensorLeak } from "../_support/leaks.ts";
import { type Cell, constantModel, randomModel, spots, withAlpha } from "./models.ts";

const CENTRED: Cell = { height: 0.4, width: 0.25, y: 0.5, x: 0.5, score: 0.9 };
const ALL: DetectOptions = { scoreThreshold: 0, nmsThreshold: 1 };

/** Opens a detector on the engine for one test. */
async function withDetector(
  weights: WeightsSource,
  body: (detector: Detector) => void | Promise<void>,
  options: DetectOptions = {},
) {
  using detector = await createDetector({ weights, device: "engine", ...options });
  await body(detector);
}

const flat = (faces: readonly Face[]) =>
  faces.flatMap(({ box: { x, y, width, height }, score }) => [x, y, width, height, score]);

/** Faces are the same but for the last digits. */
function assertSameFaces(actual: readonly Face[], expected: readonly Face[], atol = 1e-3): void {
  assertAllClose(flat(actual), flat(expected), { atol, rtol: 0 });
}

eachBackend("detect() gives boxes in pixels of the photo", async (device) => {
  using detector = await createDetector({ weights: constantModel(CENTRED), device });
  // 100 × 50 in a square: the network sees 100 × 100 photo pixels, 25 rows of border at the top.
  const [face, ...others] = await detector.detect(spots(100, 50));
  assert.deepEqual(others, []);
  assertSameFaces([face!], [{ box: { x: 37.5, y: 5, width: 25, height: 40 }, score: 0.9 }]);
  // 10 × 40 is enlarged: 40 × 40 photo pixels, 15 columns of border at the left.
  const [small] = await detector.detect(spots(10, 40));
  assertSameFaces([small!], [{ box: { x: 0, y: 12, width: 10, height: 16 }, score: 0.9 }]);
  assert.deepEqual([detector.model, detector.device.name], ["tiny", device]);
});

Deno.test("detect() cuts boxes to the photo and drops those beside it", async () => {
  const tall: Cell = { ...CENTRED, height: 0.9 };
  await withDetector(constantModel(tall), async (detector) => {
    const [face] = await detector.detect(spots(100, 50));
    assertSameFaces([face!], [{ box: { x: 37.5, y: 0, width: 25, height: 50 }, score: 0.9 }]);
  });
  const inBorder: Cell = { ...CENTRED, y: 0.1, height: 0.1 };
  await withDetector(constantModel(inBorder), async (detector) => {
    assert.deepEqual(await detector.detect(spots(100, 50)), []);
    assert.equal((await detector.detect(spots(50, 50))).length, 1);
  });
});

Deno.test("detect() keeps faces by score, overlap and number", async () => {
  // Four cells of 50 photo pixels; boxes of 60 × 60 around their centres overlap by
  // 10 · 60 / (2 · 3600 − 600) = 1/11 with their neighbours.
  const cell: Cell = { height: 0.6, width: 0.6, y: 0.5, x: 0.5, score: 0.6 };
  await withDetector(constantModel(cell, 64), async (detector) => {
    const count = async (options: DetectOptions) =>
      (await detector.detect(spots(100, 100), options)).length;
    assert.equal(await count({}), 4);
    assert.equal(await count({ scoreThreshold: 0.61 }), 0);
    assert.equal(await count({ scoreThreshold: 0.59 }), 4);
    assert.equal(await count({ nmsThreshold: 0.1 }), 4);
    assert.equal(await count({ nmsThreshold: 0.08 }), 2, "the diagonal ones overlap by 1/71");
    assert.equal(await count({ nmsThreshold: 0 }), 1);
    assert.equal(await count({ maxFaces: 3 }), 3);
  });
});

Deno.test("createDetector() takes defaults that detect() overrides", async () => {
  await withDetector(constantModel(CENTRED), async (detector) => {
    assert.equal((await detector.detect(spots(9, 9))).length, 0);
    assert.equal((await detector.detect(spots(9, 9), { scoreThreshold: 0.5 })).length, 1);
  }, { scoreThreshold: 0.95 });
});

Deno.test("detect() puts the surest faces first", async () => {
  await withDetector(randomModel(), async (detector) => {
    const scores = (await detector.detect(spots(80, 60), ALL)).map(({ score }) => score);
    assert.ok(new Set(scores).size > 4, "the scores differ");
    assert.deepEqual(scores, scores.toSorted((a, b) => b - a));
  });
});

Deno.test("detect() takes a photo in every form alike", async () => {
  const photo = spots(80, 60), png = encodePng(photo), rgba = withAlpha(photo);
  await withDetector(randomModel(), async (detector) => {
    const expected = await detector.detect(photo, ALL);
    assert.ok(expected.length > 4);
    const forms = {
      bytes: png,
      "part of a buffer": new Uint8Array([0, ...png, 0]).subarray(1, -1),
      buffer: png.buffer,
      blob: new Blob([png]),
      response: new Response(png),
      RGBA: rgba,
      clamped: { ...rgba, data: new Uint8ClampedArray(rgba.data) },
    };
    for (const [form, source] of Object.entries(forms)) {
      assert.deepEqual(await detector.detect(source, ALL), expected, form);
    }
  });
});

Deno.test("detect() on every device finds the same", async () => {
  const found: Face[][] = [];
  for (const device of ["cpu", "wasm", "engine"] as const) {
    using detector = await createDetector({ weights: randomModel(), device });
    found.push(await detector.detect(spots(80, 60), ALL));
  }
  assertSameFaces(found[1]!, found[0]!, 0.01);
  assertSameFaces(found[2]!, found[0]!, 0.01);
});

Deno.test("detect() with maxSide sees the photo made smaller, and gives boxes of the photo", async () => {
  const photo = spots(90, 60);
  await withDetector(randomModel(), async (detector) => {
    const shrunk = await detector.detect(downscale(photo, 30), ALL);
    const enlarged = shrunk.map(({ box: { x, y, width, height }, score }) => ({
      box: { x: 3 * x, y: 3 * y, width: 3 * width, height: 3 * height },
      score,
    }));
    assertSameFaces(await detector.detect(photo, { ...ALL, maxSide: 30 }), enlarged);
    const whole = await detector.detect(photo, ALL);
    assert.deepEqual(await detector.detect(photo, { ...ALL, maxSide: 90 }), whole);
    assert.deepEqual(await detector.detect(photo, { ...ALL, maxSide: 5000 }), whole);
    assert.notDeepEqual(flat(whole), flat(enlarged));
  });
});

Deno.test("detect() with maxSide keeps boxes right where a side is rounded", async () => {
  const wide: Cell = { ...CENTRED, height: 0.9, width: 0.9 };
  await withDetector(constantModel(wide), async (detector) => {
    // 200 × 3 → 20 × 1 (0.3 rounded up): a pixel is 10 photo pixels wide and 3 high.
    const [face] = await detector.detect(spots(200, 3), { maxSide: 20 });
    assertSameFaces([face!], [{ box: { x: 10, y: 0, width: 180, height: 3 }, score: 0.9 }]);
  });
});

Deno.test("detect() takes photos of a single pixel and of extreme shapes", async () => {
  await withDetector(randomModel(), async (detector) => {
    for (const [width, height] of [[1, 1], [3000, 1], [1, 3000]] as const) {
      for (const { box } of await detector.detect(spots(width, height), ALL)) {
        assert.ok(box.x >= 0 && box.x + box.width <= width);
        assert.ok(box.y >= 0 && box.y + box.height <= height);
      }
    }
  });
});

Deno.test("detect() refuses wrong options and photos, and stays usable", async () => {
  await withDetector(constantModel(CENTRED), async (detector) => {
    const photo = spots(20, 20);
    const wrong: [DetectOptions, RegExp][] = [
      [{ scoreThreshold: 1.5 }, /scoreThreshold is "1.5", not in 0 … 1$/],
      [{ scoreThreshold: NaN }, /scoreThreshold is "NaN"/],
      [{ nmsThreshold: -0.1 }, /nmsThreshold is "-0.1"/],
      [{ maxFaces: 0 }, /maxFaces is "0", not a positive integer$/],
      [{ maxSide: 10.5 }, /maxSide is "10.5"/],
    ];
    for (const [options, message] of wrong) {
      await assert.rejects(detector.detect(photo, options), { name: "RangeError", message });
      const created = createDetector({ weights: constantModel(CENTRED), ...options });
      await assert.rejects(created, { name: "RangeError", message });
    }
    const text = new TextEncoder().encode("this is not a photo");
    await expectNoTensorLeak(async () => {
      await assert.rejects(detector.detect(text), { name: "ImageDecodeError" });
      await assert.rejects(detector.detect(new Uint8Array()), { name: "ImageDecodeError" });
      await assert.rejects(detector.detect({ ...photo, width: 21 }), { name: "TypeError" });
      await assert.rejects(detector.detect({ ...photo, height: 0 }), { name: "TypeError" });
    });
    assert.equal((await detector.detect(photo)).length, 1);
  });
});

Deno.test("dispose() frees everything, once, and ends detection", async () => {
  await expectNoTensorLeak(async () => {
    const detector = await createDetector({ weights: constantModel(CENTRED), device: "cpu" });
    detector.dispose();
    detector.dispose();
    await assert.rejects(detector.detect(spots(9, 9)), {
      name: "TypeError",
      message: "Cannot detect faces: the detector is disposed",
    });
  });
});

eachBackend("detect() leaves no tensor behind over 100 photos", async (device) => {
  using detector = await createDetector({ weights: constantModel(CENTRED), device });
  const photo = spots(40, 30);
  await expectNoTensorLeak(async () => {
    for (let k = 0; k < 100; k++) await detector.detect(photo);
  });
}, ["wasm", "cpu"]);

Deno.test("detect() of several photos at once keeps them apart", async () => {
  await withDetector(randomModel(), async (detector) => {
    const photos = [spots(80, 60), spots(30, 90), spots(64, 64)];
    const oneByOne = [];
    for (const photo of photos) oneByOne.push(await detector.detect(photo, ALL));
    const atOnce = await Promise.all(photos.map((photo) => detector.detect(photo, ALL)));
    assert.deepEqual(atOnce, oneByOne);
  });
});

eachBackend(
  "a detector stays on its device when another one is opened elsewhere",
  async (device) => {
    const photo = spots(80, 60);
    using first = await createDetector({ weights: randomModel(), device });
    const before = await first.detect(photo, ALL);
    using second = await createDetector({
      weights: constantModel(CENTRED),
      device: device === "cpu" ? "wasm" : "cpu",
    });
    assert.equal((await second.detect(photo)).length, 1);
    const [after] = await Promise.all([first.detect(photo, ALL), second.detect(photo)]);
    assert.deepEqual(after, before);
  },
);

Deno.test("createDetector() takes weights in every form", async () => {
  const bytes = constantModel(CENTRED);
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    ({ url }) =>
      url.endsWith("/tiny.safetensors") ? new Response(bytes) : new Response(null, { status: 404 }),
  );
  const address = `http://127.0.0.1:${server.addr.port}`;
  const forms: Record<string, WeightsSource> = {
    bytes,
    buffer: bytes.buffer,
    stream: new Blob([bytes]).stream(),
    "http address": new URL(`${address}/tiny.safetensors`),
    "data address": new URL(`data:application/octet-stream;base64,${bytes.toBase64()}`),
    "file address": new URL("../../data/models/tiny.safetensors", import.meta.url),
  };
  for (const [form, weights] of Object.entries(forms)) {
    await withDetector(weights, (detector) => assert.equal(detector.model, "tiny", form));
  }
  await assert.rejects(
    createDetector({ weights: new URL(`${address}/absent`), device: "cpu" }),
    { name: "TypeError", message: `Cannot fetch "${address}/absent": the server answered "404"` },
  );
});

Deno.test("createDetector() refuses what is no model, and leaves nothing behind", async () => {
  const other = encodeSafetensors(new Map(), { metadata: { model: "another" } });
  const text = new TextEncoder().encode("not weights at all, but a text");
  await expectNoTensorLeak(async () => {
    const attempts: [Parameters<typeof createDetector>[0], string][] = [
      [{ weights: text }, "SyntaxError"],
      [{ weights: constantModel(CENTRED).slice(0, -1) }, "SyntaxError"],
      [{ weights: other, model: "tiny" }, "RangeError"],
      [{ weights: other }, "RangeError"],
      [{ model: "huge" as "tiny" }, "RangeError"],
      [
        { weights: encodeSafetensors(new Map(), { metadata: { model: "tiny" } }) },
        "WeightsMismatchError",
      ],
    ];
    for (const [options, name] of attempts) {
      await assert.rejects(createDetector({ device: "cpu", ...options }), { name });
    }
  });
});
