// `evaluate` on a WIDER FACE of three photos, see tests/fixtures/wider.
import assert from "node:assert/strict";
import { encodePng } from "../../../lib/codec/encode.ts";
import { evaluateCommand } from "../../../lib/cli/evaluate/command.ts";
import type { EvaluateIo } from "../../../lib/cli/evaluate/detect.ts";
import { type EvaluatedDetector, openFinder } from "../../../lib/cli/evaluate/finder.ts";
import type { Face } from "../../../lib/detector/detector.ts";
import { MemoryStore } from "../../_support/memory_store.ts";

const GROUND_TRUTH = new URL("../../fixtures/wider/ground_truth/", import.meta.url);
const silent = { isTerminal: false, columns: () => 80, write: () => {}, now: () => 0 };

const ANNOTATION = `0--Parade/a.jpg
2
2 2 4 4 0 0 0 0 0 0
20 4 4 4 2 0 0 0 0 0
0--Parade/b.jpg
1
2 2 4 4 1 0 0 0 0 0
1--Riot/c.jpg
2
10 10 12 12 0 0 0 0 0 0
2 2 4 4 0 0 0 0 0 0
`;

/** The photos with these names, of different sizes, and the ground truth, in folder `w`. */
async function wider(...ids: string[]): Promise<MemoryStore> {
  const store = new MemoryStore();
  for (const { name } of Deno.readDirSync(GROUND_TRUTH)) {
    await store.write(`w/ground_truth/${name}`, Deno.readFileSync(new URL(name, GROUND_TRUTH)));
  }
  const annotation = "w/wider_face_split/wider_face_val_bbx_gt.txt";
  await store.write(annotation, new TextEncoder().encode(ANNOTATION));
  for (const id of ids) {
    const size = { width: 40, height: 30 };
    const photo = encodePng({ ...size, data: new Uint8Array(3600).fill(90) });
    await store.write(`w/WIDER_val/images/${id}.jpg`, photo);
  }
  return store;
}

const ALL = ["0--Parade/a", "0--Parade/b", "1--Riot/c"];

/** Finds one face of many of the photos, and sees one that is not there. */
const FOUND: Face[] = [
  { box: { x: 2, y: 2, width: 4, height: 4 }, score: 0.9 },
  { box: { x: 30, y: 20, width: 8, height: 8 }, score: 0.6 },
];

function fakeDetector(calls: () => void, inputSize?: { width: number; height: number }) {
  return {
    model: "tiny",
    device: { name: "cpu", reason: "a test" } as const,
    inputSize,
    detect: () => (calls(), Promise.resolve(FOUND)),
    dispose: () => {},
  } satisfies EvaluatedDetector;
}

async function run(args: string[], store: MemoryStore, io: Partial<EvaluateIo> = {}) {
  const printed: string[] = [], warned: string[] = [];
  let detections = 0, workers = 0;
  const createDetector = () => Promise.resolve(fakeDetector(() => detections++));
  const code = await evaluateCommand(args, {
    store,
    createDetector,
    startWorker: (request) => (workers++, openFinder(store, createDetector, request)),
    print: (text) => printed.push(text),
    warn: (text) => warned.push(text),
    progress: silent,
    ...io,
  });
  return { code, printed: printed.join("\n"), warned: warned.join("\n"), detections, workers };
}

/** The text of the folder's files, but the settings. */
async function predictionFiles(store: MemoryStore, folder: string) {
  const paths = [...store.files.keys()].filter((path) => path.startsWith(`${folder}/`));
  const texts = paths.sort().filter((path) => path.endsWith(".txt"))
    .map(async (path) => [path.slice(folder.length + 1), await store.text(path)]);
  return await Promise.all(texts);
}

Deno.test("evaluate measures WIDER FACE by its own protocol", async () => {
  const store = await wider(...ALL);
  const { code, printed, warned } = await run(["--dataset", "w"], store);
  assert.equal(code, 0);
  // Easy: one of two faces found, by one of four boxes that count (b's and c's are ignored).
  assert.match(printed, /^easy +2 +0\.5000$/m);
  // Medium: the boxes of score 0.9 on a and b, then the false alarms.
  assert.match(printed, /^medium +3 +0\.6667$/m);
  assert.match(printed, /^hard +5 +0\.6000$/m);
  assert.match(printed, /^blur: normal +1 +1\.0000$/m);
  assert.match(printed, /^blur: heavy +1 +0\.0000$/m);
  assert.match(printed, /^occlusion: heavy +0 +–$/m);
  assert.match(warned, /^tiny on cpu \(a test\); photos by protocol original$/m);
  assert.doesNotMatch(warned, /Measured on/);
});

Deno.test("evaluate --ground-truth none measures WIDER FACE as any other data set", async () => {
  const args = ["--dataset", "w", "--ground-truth", "none", "--json"];
  const { code, printed } = await run(args, await wider(...ALL));
  assert.equal(code, 0);
  // Five faces; the box of score 0.9 hits one on each of the three photos.
  const { all, photos } = JSON.parse(printed);
  assert.deepEqual([all.faces, photos, all.recall], [5, 3, 0.6]);
});

Deno.test("evaluate says that a subset is one, and that a fixed size leaves no choice", async () => {
  const store = await wider("0--Parade/a", "1--Riot/c");
  const { code, printed, warned } = await run(
    ["--dataset", "w", "--protocol", "vga", "--json"],
    store,
    {
      createDetector: () => Promise.resolve(fakeDetector(() => {}, { width: 224, height: 224 })),
    },
  );
  const { easy, hard, photos, ofPhotos, shown, detectMs, slices, problems } = JSON.parse(printed);
  assert.equal(code, 0);
  assert.deepEqual([easy, hard.faces, photos, ofPhotos], [{ faces: 2, ap: 0.5 }, 4, 2, 3]);
  assert.deepEqual([shown, problems], ["letterboxed to 224x224", []]);
  assert.equal(typeof detectMs, "number");
  assert.equal(slices.length, 16);
  assert.match(warned, /Measured on 2 of WIDER FACE's 3 validation photos: compare only with/);
  assert.match(warned, /letterboxed to 224x224, the only size it takes: protocol vga does not/);
});

Deno.test("evaluate measures saved predictions as it measured the detector", async () => {
  const store = await wider(...ALL);
  const detected = await run(["--dataset", "w", "--save-predictions", "p"], store);
  const files = await predictionFiles(store, "p");
  assert.deepEqual(files.map(([path]) => path), [
    "0--Parade/a.txt",
    "0--Parade/b.txt",
    "1--Riot/c.txt",
  ]);
  assert.equal(files[0]![1], "a\n2\n2 2 4 4 0.9\n30 20 8 8 0.6\n");
  const args = ["--ground-truth", "w/ground_truth", "--predictions", "p"];
  const read = await run(args, store);
  assert.deepEqual([read.code, read.printed, read.detections], [0, detected.printed, 0]);
});

Deno.test("evaluate --resume detects only what is missing, and gives the same result", async () => {
  const clean = await wider(...ALL);
  const args = ["--dataset", "w", "--save-predictions", "p"];
  const whole = await run(args, clean);

  const store = await wider(...ALL);
  const stopped = (): never => {
    throw new Error("stopped");
  };
  let calls = 0;
  const createDetector = () => Promise.resolve(fakeDetector(() => ++calls === 3 ? stopped() : {}));
  await assert.rejects(run(args, store, { createDetector }), /stopped/);
  assert.equal((await predictionFiles(store, "p")).length, 2);

  await assert.rejects(run(args, store), {
    exitCode: 2,
    message: 'Cannot save predictions in "p": it is not empty; --resume goes on with it',
  });
  await assert.rejects(run([...args, "--resume", "--protocol", "vga"], store), {
    exitCode: 2,
    message: /^Cannot save predictions in "p": what is there was not made with these settings/,
  });
  const resumed = await run([...args, "--resume"], store);
  assert.deepEqual([resumed.code, resumed.printed, resumed.detections], [0, whole.printed, 1]);
  assert.match(resumed.warned, /^2 of 3 photos are done already$/m);
  assert.deepEqual(await predictionFiles(store, "p"), await predictionFiles(clean, "p"));
});

Deno.test("evaluate --jobs gives the same result", async () => {
  const store = await wider(...ALL);
  const one = await run(["--dataset", "w"], store);
  const three = await run(["--dataset", "w", "--jobs", "3"], store);
  assert.deepEqual([one.workers, three.workers, three.detections], [0, 3, 3]);
  assert.equal(three.printed, one.printed);
  assert.match(three.warned, /, 3 workers; photos/);
});

Deno.test("evaluate reports photos without predictions, and counts them if asked", async () => {
  const store = await wider(...ALL);
  await run(["--dataset", "w", "--save-predictions", "p"], store);
  await store.remove("p/0--Parade/a.txt");
  const args = ["--dataset", "w", "--predictions", "p"];
  const without = await run(args, store);
  assert.equal(without.code, 1);
  assert.match(without.printed, /^hard +3 /m);
  assert.match(without.warned, /^1 of 3 photos have no predictions and are left out; --count-mi/m);
  const counted = await run([...args, "--count-missing"], store);
  assert.equal(counted.code, 0);
  assert.match(counted.printed, /^hard +5 /m);
  assert.match(counted.warned, /^1 of 3 photos have no predictions and count as photos in which/m);
  await assert.rejects(run(["--dataset", "w", "--predictions", "nowhere"], store), {
    exitCode: 2,
    message: 'Cannot evaluate 3 photos: "nowhere" has predictions of none of them',
  });
});

Deno.test("evaluate sorts predictions and says so, and stops at garbage", async () => {
  const store = await wider("0--Parade/a");
  const args = ["--dataset", "w", "--predictions", "p"];
  const put = (text: string) =>
    store.write("p/0--Parade/a.txt", new TextEncoder().encode(`a\n${text}`));
  await put("2\n2 2 4 4 0.9\n30 20 8 8 0.6\n");
  const sorted = await run(args, store);
  await put("2\n30 20 8 8 0.6\n2 2 4 4 0.9\n");
  const unsorted = await run(args, store);
  assert.equal(unsorted.printed, sorted.printed);
  assert.match(
    unsorted.warned,
    /^1 files of "p" are not in order of score; they are sorted here$/m,
  );
  assert.doesNotMatch(sorted.warned, /order of score/);

  await put("1\nnothing here\n");
  await assert.rejects(run([...args, "--report", "r.html"], store), {
    name: "SyntaxError",
    message: /^Cannot read "p\/0--Parade\/a\.txt", line 3: it is "nothing here"/,
  });
  assert.equal(await store.has("r.html"), false);
});

Deno.test("evaluate names a ground truth that is none", async () => {
  const store = await wider(...ALL);
  const file = "w/ground_truth/wider_hard_val.mat";
  await store.write(file, new TextEncoder().encode("<html>"));
  const args = ["--dataset", "w", "--save-predictions", "p"];
  await assert.rejects(run(args, store), {
    name: "SyntaxError",
    message: `${file}: Cannot read the MATLAB file: it is not a MATLAB 5 file`,
  });
  assert.deepEqual(await predictionFiles(store, "p"), []);
  await store.write(file, await store.read("w/ground_truth/wider_face_val.mat"));
  await assert.rejects(run(args, store), {
    name: "SyntaxError",
    message: `Cannot use "${file}" as WIDER FACE ground truth: gt_list is not a cell array`,
  });
});

Deno.test("evaluate writes a report that needs no other file, and the curves", async () => {
  const store = await wider(...ALL);
  const args = ["--dataset", "w", "--report", "out/r.html", "--curves", "out/c.svg"];
  assert.equal((await run(args, store)).code, 0);
  const html = await store.text("out/r.html"), svg = await store.text("out/c.svg");
  assert.match(html, /^<!DOCTYPE html>/);
  assert.ok(html.includes(svg));
  assert.match(svg, /medium 0\.6667/);
  assert.doesNotMatch(html, /(src|href)="(?!data:)/);
  // Missed: a's second face and c's larger one, the larger first; false alarms: one a photo.
  const captions = [...html.matchAll(/<figcaption>(.*?)<\/figcaption>/g)].map(([, text]) => text);
  assert.deepEqual(captions, [
    "1--Riot/c.jpg: 12 px high, no box on it",
    "0--Parade/a.jpg: 4 px high, heavy blur, no box on it",
    "0--Parade/a.jpg: score 0.60",
    "0--Parade/b.jpg: score 0.60",
    "1--Riot/c.jpg: score 0.60",
  ]);
  const [, base64] = /src="data:image\/jpeg;base64,([^"]+)"/.exec(html)!;
  const bitmap = await createImageBitmap(new Blob([Uint8Array.fromBase64(base64!)]));
  assert.deepEqual([bitmap.width, bitmap.height], [256, 256]);
});

Deno.test("evaluate refuses options that do not go together", async () => {
  const store = await wider(...ALL);
  await store.write("plain/a.json", new TextEncoder().encode('{"shapes": []}'));
  const cases: [string[], RegExp][] = [
    [["--dataset", "w", "--resume"], /--resume: --save-predictions is missing$/],
    [["--dataset", "w", "--predictions", "p", "--save-predictions", "q"], /--save-predictions: /],
    [["--ground-truth", "w/ground_truth"], /--ground-truth: neither --dataset nor --predictions/],
    [["--dataset", "w", "--split", "train", "--report", "r"], /--report: "w" has no WIDER FACE/],
    [["--predictions", "p"], /--predictions: neither --dataset nor --ground-truth is given$/],
  ];
  for (const [args, message] of cases) {
    await assert.rejects(run(args, store), { exitCode: 2, message }, args.join(" "));
  }
});
