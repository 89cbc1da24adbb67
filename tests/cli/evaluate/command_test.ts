import assert from "node:assert/strict";
import { denoStore } from "../../../lib/cli/deno_store.ts";
import { evaluateCommand } from "../../../lib/cli/evaluate/command.ts";
import type { EvaluateIo } from "../../../lib/cli/evaluate/detect.ts";
import { createDetector, type Face } from "../../../lib/detector/detector.ts";
import type { Store } from "../../../lib/files/store.ts";
import { inferenceModel } from "../../../lib/models/registry.ts";
import { encodeModel } from "../../../lib/weights/model_file.ts";
import { initialWeights } from "../../../lib/weights/weight_map.ts";
import { MemoryStore } from "../../_support/memory_store.ts";

const silent = { isTerminal: false, columns: () => 80, write: () => {}, now: () => 0 };

/** A detector that finds one and the same face in every photo. */
function fakeDetector(disposed: () => void) {
  const face: Face = { box: { x: 2, y: 2, width: 4, height: 4 }, score: 0.75 };
  return {
    model: "tiny",
    device: { name: "cpu", reason: "a test" } as const,
    detect: () => Promise.resolve([face]),
    dispose: disposed,
  };
}

/** What the command prints and warns when it is run on a store. */
async function run(args: string[], store: Store, io: Partial<EvaluateIo> = {}) {
  const printed: string[] = [], warned: string[] = [];
  let disposals = 0;
  const code = await evaluateCommand(args, {
    store,
    createDetector: () => Promise.resolve(fakeDetector(() => disposals++)),
    startWorker: () => Promise.reject(new Error("no worker was asked for")),
    print: (text) => printed.push(text),
    warn: (text) => warned.push(text),
    progress: silent,
    ...io,
  });
  return { code, printed: printed.join("\n"), warned: warned.join("\n"), disposals };
}

/** One white pixel row of 8 × 8 as a BMP file: 24 bits a pixel, no compression. */
function bmp(): Uint8Array {
  const bytes = new Uint8Array(54 + 8 * 8 * 3).fill(255, 54);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  const fields = [[2, bytes.length], [10, 54], [14, 40], [18, 8], [22, 8], [26, 1 | 24 << 16]];
  for (const [offset, value] of fields) view.setUint32(offset!, value!, true);
  return bytes;
}

function labelme(photo: string): Uint8Array {
  const shape = { label: "face", shape_type: "rectangle", points: [[2, 2], [6, 6]] };
  const file = { shapes: [shape], imagePath: photo, imageWidth: 8, imageHeight: 8 };
  return new TextEncoder().encode(JSON.stringify(file));
}

async function photos(): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.write("set/a.bmp", bmp());
  await store.write("set/a.json", labelme("a.bmp"));
  return store;
}

Deno.test("evaluate prints a table, and what else there is to say on stderr", async () => {
  const { code, printed, warned, disposals } = await run(["--dataset", "set"], await photos());
  assert.equal(code, 0);
  assert.equal(disposals, 1);
  assert.match(printed, /^faces +1 +1$/m);
  assert.match(printed, /^AP at IoU 0\.5 +1\.0000 +1\.0000$/m);
  assert.match(printed, /^recall at score 0\.5 +1\.0000 +1\.0000$/m);
  assert.match(warned, /^set: 1 photos$/m);
  assert.match(warned, /^tiny on cpu \(a test\); photos by protocol original$/m);
});

Deno.test("evaluate --json prints one JSON document", async () => {
  const { code, printed } = await run(["--dataset", "set", "--json"], await photos());
  const { detectMs, ...result } = JSON.parse(printed);
  const found = { faces: 1, ap50: 1, precision: 1, recall: 1, highPrecisionScore: 0.75 };
  assert.equal(typeof detectMs, "number");
  assert.equal(code, 0);
  assert.deepEqual(result, {
    dataset: "set",
    model: "tiny",
    device: "cpu",
    shown: "by protocol original",
    threshold: 0.5,
    photos: 1,
    all: found,
    large: found,
    iou: 1,
    mse: 0,
    problems: [],
  });
});

Deno.test("evaluate names photos that fail, measures the rest and ends with code 1", async () => {
  const store = await photos();
  await store.write("set/b.bmp", new TextEncoder().encode("no picture"));
  await store.write("set/b.json", labelme("b.bmp"));
  const { code, printed, warned } = await run(["--dataset", "set"], store);
  assert.equal(code, 1);
  assert.match(printed, /^photos +1$/m);
  assert.match(warned, /^set\/b\.bmp: Cannot decode the image/m);
});

Deno.test("evaluate without a data set shows how it is called", async () => {
  const { code, warned, printed } = await run([], new MemoryStore());
  assert.deepEqual([code, printed], [2, ""]);
  assert.match(warned, /Usage: deno task evaluate --dataset/);
});

Deno.test("evaluate names weights that it cannot use, with the exit code for models", async () => {
  const store = await photos();
  await store.write("bad.bin", new TextEncoder().encode("no weights"));
  const io = { createDetector };
  await assert.rejects(run(["--dataset", "set", "--weights", "bad.bin"], store, io), {
    exitCode: 3,
    message: /^bad\.bin: Cannot read weights/,
  });
  await assert.rejects(run(["--dataset", "set", "--weights", "absent"], store, io), {
    exitCode: 3,
    message: /^Cannot read "absent": there is no such file/,
  });
});

Deno.test("evaluate runs the real detector on the samples", async () => {
  const model = inferenceModel("tiny");
  const weights = encodeModel(model, initialWeights(model.graph, 1));
  const store: Store = {
    ...denoStore,
    read: (path) => path === "w" ? Promise.resolve(weights) : denoStore.read(path),
  };
  const args = ["--dataset", "data/samples", "--weights", "w", "--device", "cpu", "--json"];
  const { code, printed } = await run(args, store, { createDetector });
  const { photos, all, iou, detectMs } = JSON.parse(printed);
  assert.equal(code, 0);
  assert.equal(photos, 6);
  assert.ok(all.faces >= 6);
  assert.ok(iou > 0 && iou < 1);
  assert.ok(detectMs > 0);
});
