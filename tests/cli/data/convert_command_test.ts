// `deno task data convert` on the sample photos.
import assert from "node:assert/strict";
import { dataCommand } from "../../../lib/cli/data/command.ts";
import { datasetAt } from "../../../lib/cli/dataset_argument.ts";
import { denoStore } from "../../../lib/cli/deno_store.ts";
import { loadDataset } from "../../../lib/datasets/load.ts";
import { pngHeader } from "../../datasets/png_header.ts";

interface Setting {
  readonly root: string;
  readonly printed: string[];
  readonly warned: string[];
  run(...args: string[]): Promise<number>;
  write(path: string, content: string | Uint8Array): Promise<void>;
}

async function setUp(test: (setting: Setting) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir(), printed: string[] = [], warned: string[] = [];
  const run = (...args: string[]) =>
    dataCommand(["convert", ...args], {
      print: (line) => void printed.push(line),
      warn: (line) => void warned.push(line),
    });
  const write = (path: string, content: string | Uint8Array) => {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    return denoStore.write(`${root}/${path}`, bytes);
  };
  try {
    await test({ root, printed, warned, run, write });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

const exists = (path: string) => Deno.stat(path).then(() => true, () => false);
const SAMPLES = "data/samples";

for (const format of ["wider", "labelme", "coco", "yolo", "voc"]) {
  Deno.test(`convertCommand() writes ${format} that is known again by its folder`, async () => {
    await setUp(async ({ root, run, printed, warned }) => {
      const to = `${root}/deep/${format}`;
      assert.equal(await run(SAMPLES, `${to}/`, "--format", format), 0);
      assert.deepEqual(warned, [`${SAMPLES}: 6 photos, 22 faces`]);
      const spec = await datasetAt(denoStore, to, "train");
      assert.deepEqual(JSON.parse(printed[0]!), spec);
      const { samples, problems } = await loadDataset(denoStore, spec);
      const original = await loadDataset(denoStore, await datasetAt(denoStore, SAMPLES, "train"));
      assert.deepEqual(problems, []);
      assert.deepEqual(samples.map(({ id }) => id), original.samples.map(({ id }) => id));
      const largest = Math.max(
        ...samples.flatMap(({ boxes }, k) =>
          Array.from(boxes, (value, i) => Math.abs(value - original.samples[k]!.boxes[i]!))
        ),
      );
      assert.ok(largest <= 0.5, `a corner moved by ${largest}`);
      assert.equal(await exists(`${to}.partial`), false);
    });
  });
}

const LABELS = JSON.stringify({
  shapes: [{ label: "face", shape_type: "rectangle", points: [[9, 9], [2, 3]] }],
  imagePath: "..\\images\\a.png",
});

Deno.test("convertCommand() converts every part, and YOLO lists them", async () => {
  await setUp(async ({ root, run, write, printed }) => {
    for (const part of ["train", "valid", "test"]) {
      await write(`faces/${part}/images/a.png`, pngHeader(20, 10));
      await write(`faces/${part}/labels/a.json`, LABELS);
    }
    assert.equal(await run(`${root}/faces`, `${root}/yolo`, "--format", "yolo"), 0);
    assert.equal(
      await Deno.readTextFile(`${root}/yolo/data.yaml`),
      "train: train/images\nval: valid/images\nnames:\n  0: face\n",
    );
    assert.deepEqual(Object.keys(JSON.parse(printed[0]!)), ["train", "valid", "test"]);
    const spec = await datasetAt(denoStore, `${root}/yolo`, "val");
    const { samples } = await loadDataset(denoStore, spec);
    assert.deepEqual([...samples[0]!.boxes].map(Math.round), [2, 3, 9, 9]);
    assert.ok(await exists(`${root}/yolo/test/labels/a.txt`));
  });
});

Deno.test("convertCommand() tells of photos and labels that are broken", async () => {
  await setUp(async ({ root, run, write, warned }) => {
    await write("d/a.png", pngHeader(20, 10));
    await write("d/a.json", LABELS);
    await write("d/b.png", "torn");
    await write("d/b.json", LABELS.replace("a.png", "b.png"));
    await write("d/c.png", pngHeader(20, 10));
    await write("d/c.json", "{");
    assert.equal(await run(`${root}/d`, `${root}/coco`, "--format", "coco"), 1);
    assert.deepEqual(warned.slice(1), [
      `  Cannot read "${root}/d/c.json": it is not JSON`,
      `  ${root}/d/b.png: left out: Cannot decode the image: its header is not whole`,
    ]);
    assert.ok(await exists(`${root}/coco/images/a.png`));
    assert.equal(await exists(`${root}/coco/images/b.png`), false);
  });
});

Deno.test("convertCommand() leaves nothing behind when it cannot go through", async () => {
  await setUp(async ({ root, run, write }) => {
    const coco = {
      images: [{ id: 1, file_name: "a.png" }, { id: 2, file_name: "a.PNG" }],
      annotations: [{ image_id: 1, bbox: [1, 1, 2, 2] }],
    };
    await write("d/images/a.png", pngHeader(20, 10));
    await write("d/images/a.PNG", pngHeader(20, 10));
    const json = (content: unknown) => write("d/annotations.json", JSON.stringify(content));
    await json(coco);
    const refuse = (message: RegExp) =>
      assert.rejects(run(`${root}/d`, `${root}/to`, "--format", "voc"), { message });
    await refuse(/two photos would share the label file "Annotations\/a.xml"/);
    await json({ ...coco, annotations: [{ image_id: 3, bbox: [1, 1, 2, 2] }] });
    await refuse(/1 of its 1 boxes are for images that it does not list/);
    await json({ ...coco, annotations: [{ image_id: 1, bbox: [1, 1, -2, 2] }] });
    await refuse(/annotation 0 has bbox "\[1,1,-2,2\]"/);
    const names = await denoStore.list(root);
    assert.deepEqual(names, ["d"]);
  });
});

Deno.test("convertCommand() overwrites nothing", async () => {
  await setUp(async ({ root, run, write }) => {
    const refuse = (path: string) =>
      assert.rejects(run(SAMPLES, `${root}/to`, "--format", "coco"), {
        exitCode: 2,
        message: `Cannot convert to "${root}/${path}": there is something already`,
      });
    await write("to/precious.txt", "mine");
    await refuse("to");
    await Deno.remove(`${root}/to`, { recursive: true });
    await write("to", "a file");
    await refuse("to");
    assert.equal(await Deno.readTextFile(`${root}/to`), "a file");
    await Deno.remove(`${root}/to`);
    await write("to.partial/x", "of another run");
    await refuse("to.partial");
    await Deno.remove(`${root}/to.partial`, { recursive: true });
    await Deno.mkdir(`${root}/to`);
    assert.equal(
      await run(SAMPLES, `${root}/to`, "--format", "coco"),
      0,
      "an empty folder is free",
    );
  });
});

Deno.test("convertCommand() wants two folders and a format", async () => {
  await setUp(async ({ root, run }) => {
    const refuse = (message: RegExp, ...args: string[]) =>
      assert.rejects(run(...args), { exitCode: 2, message });
    await refuse(/1 folders are named, expected two/, SAMPLES, "--format", "coco");
    await refuse(/--format is missing/, SAMPLES, `${root}/to`);
    await refuse(/it is "negatives", expected wider, labelme/, "a", "b", "--format", "negatives");
    await refuse(
      /it is laid out like none of|missing or empty/,
      `${root}/x`,
      `${root}/to`,
      "--format",
      "coco",
    );
  });
});
