// Data sets written and read back.
import assert from "node:assert/strict";
import fc from "fast-check";
import { convertDataset } from "../../lib/datasets/convert.ts";
import { type FormatName, FORMATS, WRITTEN_FORMATS } from "../../lib/datasets/formats.ts";
import { type DatasetSpec, loadDataset } from "../../lib/datasets/load.ts";
import type { Dataset, Sample } from "../../lib/datasets/sample.ts";
import { assertAllClose } from "../_support/close.ts";
import { MemoryStore } from "./memory_store.ts";
import { pngHeader } from "./png_header.ts";

/** How far a corner may move, in pixels, on a photo of at most 4096 (see each format's writer). */
const TOLERANCE_PX: Readonly<Record<string, number>> = {
  wider: 0.5, // whole pixels
  voc: 0.5, // whole pixels
  yolo: 4096 * 1e-6, // a millionth of the side
  labelme: 0, // as JavaScript writes numbers
  coco: 0,
};

function sampleOf(id: string, boxes: ArrayLike<number>, ignore?: ArrayLike<number>): Sample {
  return {
    id,
    path: `from/${id}`,
    boxes: Float32Array.from(boxes),
    ignore: ignore ? Uint8Array.from(ignore) : new Uint8Array(boxes.length / 4),
    attributes: {},
    orientation: "upright",
  };
}

const datasetOf = (...samples: Sample[]): Dataset => ({ name: "set", samples, problems: [] });

async function convert(store: MemoryStore, dataset: Dataset, format: FormatName, folder: string) {
  const writer = FORMATS[format].write!;
  const result = await convertDataset(store, dataset, writer, folder);
  const read = () => loadDataset(store, writer.spec(folder) as DatasetSpec);
  return { ...result, read };
}

/** Photos with faces of at least two pixels on them. */
const photos = fc.array(
  fc.record({
    width: fc.integer({ min: 8, max: 4096 }),
    height: fc.integer({ min: 8, max: 4096 }),
    folder: fc.constantFrom("", "0--Parade/", "x/y/"),
    faces: fc.array(
      fc.record({
        at: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 }),
        ignore: fc.boolean(),
      }),
      { maxLength: 5 },
    ),
  }),
  { minLength: 1, maxLength: 4 },
);

type Photos = typeof photos extends fc.Arbitrary<infer Value> ? Value : never;

function build(made: Photos, mayIgnore: boolean) {
  const store = new MemoryStore(), samples: Sample[] = [];
  for (const [k, { width, height, folder, faces }] of made.entries()) {
    const boxes = faces.flatMap(({ at: [u, v, a, b] }) => {
      const w = 2 + a! * (width - 2), h = 2 + b! * (height - 2);
      const x = u! * (width - w), y = v! * (height - h);
      return [x, y, Math.min(width, x + w), Math.min(height, y + h)];
    });
    const id = `${folder}photo ${k}.png`;
    store.put(`from/${id}`, pngHeader(width, height));
    samples.push(sampleOf(id, boxes, faces.map(({ ignore }) => mayIgnore && ignore ? 1 : 0)));
  }
  return { store, dataset: datasetOf(...samples) };
}

function assertSame(actual: Dataset, expected: Dataset, atol: number): void {
  const byId = new Map(actual.samples.map((sample) => [sample.id, sample]));
  assert.deepEqual([...byId.keys()].sort(), expected.samples.map(({ id }) => id).sort());
  for (const { id, boxes, ignore } of expected.samples) {
    assertAllClose(byId.get(id)!.boxes, boxes, { atol: atol + 1e-3, rtol: 0 });
    assert.deepEqual([...byId.get(id)!.ignore], [...ignore]);
  }
}

for (const first of WRITTEN_FORMATS) {
  for (const second of WRITTEN_FORMATS) {
    Deno.test(`convertDataset() keeps faces from ${first} to ${second}`, async () => {
      await fc.assert(
        fc.asyncProperty(photos, async (made) => {
          const { store, dataset } = build(made, first !== "yolo" && second !== "yolo");
          const one = await convert(store, dataset, first, "one");
          assert.deepEqual([one.photos, one.failures, one.losses], [made.length, [], []]);
          const two = await convert(store, await one.read(), second, "two");
          const result = await two.read();
          assertSame(result, dataset, TOLERANCE_PX[first]! + TOLERANCE_PX[second]!);
          for (const { path, id } of result.samples) {
            assert.deepEqual(await store.read(path), await store.read(`from/${id}`), "same bytes");
          }
        }),
        { numRuns: 10 },
      );
    });
  }
}

Deno.test("convertDataset() writes exactly what the formats say", async () => {
  const store = new MemoryStore({ "from/e/a.png": pngHeader(100, 50) });
  const blur = { blur: Uint8Array.of(2, 0) };
  const sample = {
    ...sampleOf("e/a.png", [10.25, 20, 30, 40, 0, 0, 8, 8], [0, 1]),
    attributes: blur,
  };
  for (const format of WRITTEN_FORMATS) await convert(store, datasetOf(sample), format, format);
  assert.equal(
    await store.text("wider/wider_face_bbx_gt.txt"),
    "e/a.png\n2\n10 20 20 20 2 0 0 0 0 0 \n0 0 8 8 0 0 0 1 0 0 \n",
  );
  assert.equal(await store.text("yolo/labels/e/a.txt"), "0 0.201250 0.600000 0.197500 0.400000\n");
  assert.match(
    await store.text("voc/Annotations/e/a.xml"),
    /<filename>a.png<\/filename>[^]*<width>100<[^]*<difficult>0<\/difficult><bndbox><xmin>11<\/xmin><ymin>21<\/ymin><xmax>30<\/xmax><ymax>40<\/ymax>/,
  );
  assert.deepEqual(JSON.parse(await store.text("coco/annotations.json")), {
    images: [{ id: 1, file_name: "e/a.png", width: 100, height: 50 }],
    annotations: [
      { id: 1, image_id: 1, category_id: 1, bbox: [10.25, 20, 19.75, 20], area: 395, iscrowd: 0 },
      { id: 2, image_id: 1, category_id: 1, bbox: [0, 0, 8, 8], area: 64, iscrowd: 1 },
    ],
    categories: [{ id: 1, name: "face" }],
  });
  const labelme = JSON.parse(await store.text("labelme/labels/e/a.json"));
  assert.equal(labelme.imagePath, "../../images/e/a.png");
  assert.deepEqual([labelme.imageWidth, labelme.imageHeight], [100, 50]);
  assert.deepEqual(labelme.shapes[0].points, [[10.25, 20], [30, 40]]);
  assert.deepEqual(labelme.shapes[1].flags, { ignore: true });
});

Deno.test("convertDataset() cuts boxes and says what it leaves out", async () => {
  const store = new MemoryStore({ "from/a.png": pngHeader(100, 50), "from/torn.png": "torn" });
  const boxes = [-10, 10, 20, 60, 200, 0, 220, 10, 1, 1, 9, 9];
  const dataset = datasetOf(sampleOf("a.png", boxes, [0, 0, 1]), sampleOf("torn.png", []));
  const coco = await convert(store, dataset, "coco", "coco");
  assert.deepEqual([...(await coco.read()).samples[0]!.boxes], [0, 10, 20, 50, 1, 1, 9, 9]);
  assert.deepEqual(coco.failures, [
    "from/torn.png: left out: Cannot decode the image: its header is not whole",
  ]);
  assert.deepEqual(coco.losses, ["1 faces are left out: they have no area on their photo"]);
  const { faces, losses } = await convert(store, dataset, "yolo", "yolo");
  assert.equal(faces, 1);
  assert.match(losses[0]!, /^2 faces are left out: .* or are to be ignored, which the format/);
});

Deno.test("convertDataset() refuses names that lead out, and photos that share a label file", async () => {
  const store = new MemoryStore({ "from/a.png": pngHeader(9, 9), "from/a.jpg": pngHeader(9, 9) });
  for (const id of ["../a.png", "x/../../a.png", "/etc/a.png", "..\\a.png"]) {
    await assert.rejects(convert(store, datasetOf(sampleOf(id, [])), "coco", "to"), {
      name: "RangeError",
      message: /its name leads out of the folder of the photos/,
    });
  }
  const twins = datasetOf(sampleOf("a.png", []), sampleOf("a.jpg", []));
  await assert.rejects(convert(store, twins, "yolo", "to"), {
    message: 'Cannot convert: two photos would share the label file "labels/a.txt"',
  });
  assert.equal((await convert(store, twins, "coco", "to")).photos, 2);
});
