// The bundle in every runtime that is installed here, and mod.ts, against the tf executor: the same
// faces in 50 real photos.
import assert from "node:assert/strict";
import { decodeImage } from "../../lib/codec/decode.ts";
import { encodePng } from "../../lib/codec/encode.ts";
import { downscale } from "../../lib/image/resample.ts";
import { createDetector, type Face } from "../../mod.ts";
import { photosIn } from "../_support/photos_in.ts";
import { whyNot } from "../_support/programs.ts";
import { realData, realDataMissing, testOnRealData } from "../_support/real_data.ts";
import { SCORE_TOLERANCE } from "../_support/same_faces.ts";
import { BUNDLE, testBundle } from "./bundle.ts";
import { reportOf } from "./chromium.ts";
import { runIn } from "./run_in.ts";
import { CHROMIUM, NODES, WORKERD } from "./runtimes.ts";
import { assertSameAfterNms } from "./same_after_nms.ts";
import { withWorkerd } from "./workerd.ts";

const HERE = new URL("./", import.meta.url);
const PHOTOS = 50;

/** Few faces are sure, and a difference shows in the others as well. */
const OPTIONS = { scoreThreshold: 0.1, nmsThreshold: 0.45, maxFaces: 1e6 } as const;

/** Names and contents of the photos: PNG, so that all runtimes read the same pixels. */
async function readPhotos(): Promise<Record<string, Uint8Array<ArrayBuffer>>> {
  const files = await photosIn(new URL(`file://${realData("wider/WIDER_val/images")}/`));
  const photos: Record<string, Uint8Array<ArrayBuffer>> = {};
  for (const file of files.slice(0, PHOTOS)) {
    const image = downscale(await decodeImage(await Deno.readFile(file)), 640);
    photos[`${file.pathname.split("/").at(-1)!.replace(".jpg", "")}.png`] = encodePng(image);
  }
  return photos;
}

const photos = realDataMissing === null ? await readPhotos() : {};
const names = Object.keys(photos);

/** What all are compared with; it lives as long as the tests. */
const tfjs = await createDetector({ device: "wasm" });
const expected: Face[][] = [];
for (const name of names) expected.push(await tfjs.detect(photos[name]!, OPTIONS));

/** Throws unless the faces of the photos, in their order, are those that are expected. */
async function assertExpected(found: readonly Face[][]): Promise<void> {
  assert.equal(found.length, PHOTOS);
  const scoreThreshold = OPTIONS.scoreThreshold - SCORE_TOLERANCE;
  for (const [i, name] of names.entries()) {
    const candidates = () =>
      tfjs.detect(photos[name]!, { ...OPTIONS, scoreThreshold, nmsThreshold: 1 });
    await assertSameAfterNms(found[i]!, expected[i]!, candidates, OPTIONS)
      .catch(({ message }) => assert.fail(`${name}: ${message}`));
  }
}

testOnRealData(`there is something to compare in ${PHOTOS} photos`, () => {
  assert.equal(names.length, PHOTOS);
  assert.ok(expected.flat().length > 2 * PHOTOS);
});

testOnRealData(`mod.ts finds in ${PHOTOS} photos what the tf executor finds`, async () => {
  using detector = await createDetector(OPTIONS);
  assert.equal(detector.device.name, "engine");
  const found: Face[][] = [];
  for (const name of names) found.push(await detector.detect(photos[name]!));
  await assertExpected(found);
});

/** A test of the bundle on the photos; ignored, with the reason, where they or the runtime are missing. */
function testOnPhotos(runtime: string, reason: string | null, find: () => Promise<Face[][]>): void {
  const name = `tinyface.js in ${runtime} finds in ${PHOTOS} photos what the tf executor finds`;
  testBundle(name, realDataMissing ?? reason, async () => await assertExpected(await find()));
}

const DENO = ["run", "--quiet", "--no-prompt", "--no-config", "--no-lock", "--allow-read"];
const COMMANDS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  "Deno": ["deno", ...DENO],
  ...Object.fromEntries(Object.entries(NODES).map(([name, program]) => [name, [program]])),
};

for (const [runtime, [program, ...flags]] of Object.entries(COMMANDS)) {
  testOnPhotos(runtime, whyNot(program), async () => {
    const script = new URL("detect_photos.mjs", HERE).pathname;
    const args = [...flags, script, BUNDLE.pathname, JSON.stringify(OPTIONS), ...names];
    return JSON.parse(await runIn(photos, program, args));
  });
}

testOnPhotos("Chromium", whyNot(CHROMIUM), async () => {
  const task = new TextEncoder().encode(JSON.stringify({ options: OPTIONS, photos: names }));
  const page = new URL("photos_page.html", HERE);
  return await reportOf({ "page.html": page, "task.json": task, ...photos }) as Face[][];
});

testOnPhotos("workerd", whyNot(WORKERD), async () => {
  const found: Face[][] = [];
  const query = new URLSearchParams(Object.entries(OPTIONS).map(([k, v]) => [k, String(v)]));
  await withWorkerd("worker.js", async (address) => {
    for (const name of names) {
      const response = await fetch(`${address}?${query}`, { method: "POST", body: photos[name]! });
      found.push((await response.json()).faces);
    }
  });
  return found;
});
