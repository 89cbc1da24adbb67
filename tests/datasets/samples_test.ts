// The sample photos that come with the repository.
import assert from "node:assert/strict";
import { denoStore } from "../../lib/cli/deno_store.ts";
import { decodeImage } from "../../lib/codec/decode.ts";
import { loadDataset } from "../../lib/datasets/load.ts";

const FOLDER = "data/samples";

Deno.test("data/samples is a whole Labelme data set", async () => {
  const spec = { format: "labelme", images: FOLDER, labels: FOLDER } as const;
  const { samples, problems } = await loadDataset(denoStore, spec);
  assert.deepEqual(problems, []);
  assert.deepEqual(samples.map(({ id, ignore }) => [id, ignore.length]), [
    ["sample1.jpg", 3],
    ["sample2.jpg", 3],
    ["sample3.jpg", 3],
    ["sample4.jpg", 4],
    ["sample5.jpg", 5],
    ["sample6.jpg", 4],
  ]);
});

Deno.test("data/samples has photos of the size that their labels say, small and without EXIF", async () => {
  for (let k = 1; k <= 6; k++) {
    const bytes = await denoStore.read(`${FOLDER}/sample${k}.jpg`);
    const labels = JSON.parse(await Deno.readTextFile(`${FOLDER}/sample${k}.json`));
    const { width, height } = await decodeImage(bytes);
    assert.deepEqual([width, height], [labels.imageWidth, labels.imageHeight]);
    assert.ok(bytes.length <= 250_000, `${bytes.length} bytes`);
    assert.ok(!new TextDecoder("latin1").decode(bytes).includes("Exif"));
  }
});
