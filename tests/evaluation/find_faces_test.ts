import assert from "node:assert/strict";
import { encodePng } from "../../lib/codec/encode.ts";
import type { Sample } from "../../lib/datasets/sample.ts";
import type { Face } from "../../lib/detector/detector.ts";
import {
  faceFinder,
  type FindFaces,
  findInAll,
  type PhotoFaces,
  UnreadablePhotoError,
} from "../../lib/evaluation/find_faces.ts";
import { MemoryStore } from "../_support/memory_store.ts";

const FACE: Face = { box: { x: 1, y: 2, width: 3, height: 4 }, score: 0.5 };

const sample = (id: string): Sample => ({
  id,
  path: `photos/${id}`,
  boxes: new Float32Array(),
  ignore: new Uint8Array(),
  attributes: {},
  orientation: "upright",
});

/** Finds one face, as wide as the id is long, after a while that differs by photo. */
function fakeFinder(calls: string[]): FindFaces {
  return async ({ path }) => {
    calls.push(path);
    await new Promise((resolve) => setTimeout(resolve, path.length % 3));
    if (path.endsWith("bad")) throw new UnreadablePhotoError(`${path} is bad`);
    return { width: path.length, height: 1, faces: [FACE], detectMs: 0 };
  };
}

Deno.test("faceFinder() reads, decodes and detects", async () => {
  const store = new MemoryStore();
  const pixels = { width: 6, height: 4, data: new Uint8Array(72).fill(99) };
  await store.write("a.png", encodePng(pixels));
  const find = faceFinder(store, (image) => {
    assert.deepEqual([image.width, image.height, image.data[0]], [6, 4, 99]);
    return Promise.resolve([FACE]);
  });
  const { detectMs, ...found } = await find({ path: "a.png", orientation: "upright" });
  assert.deepEqual(found, { width: 6, height: 4, faces: [FACE] });
  assert.ok(detectMs >= 0);
});

Deno.test("faceFinder() tells unreadable photos from a failing detector", async () => {
  const store = new MemoryStore();
  await store.write("text.jpg", new TextEncoder().encode("no picture"));
  await store.write("a.png", encodePng({ width: 1, height: 1, data: new Uint8Array(3) }));
  const find = faceFinder(store, () => Promise.reject(new Error("out of memory")));
  const reject = (path: string, name: string, message: RegExp) =>
    assert.rejects(find({ path, orientation: "stored" }), { name, message });
  await reject("text.jpg", "UnreadablePhotoError", /^text\.jpg: Cannot decode the image/);
  await reject("gone.jpg", "UnreadablePhotoError", /^Cannot read "gone\.jpg": there is no such/);
  await reject("a.png", "Error", /^out of memory$/);
});

Deno.test("findInAll() gives the same result with one finder and with three", async () => {
  const samples = ["a", "bb", "ccc", "bad", "dddd", "e", "ffffff"].map(sample);
  const run = async (finders: number) => {
    const calls: string[] = [], seen: string[] = [];
    const finder = fakeFinder(calls);
    const result = await findInAll(
      samples,
      Array.from({ length: finders }, () => finder),
      ({ id }, found) => void seen.push(found === undefined ? `${id}?` : id),
    );
    assert.deepEqual(calls.toSorted(), samples.map(({ path }) => path).toSorted());
    assert.deepEqual(seen.toSorted(), ["a", "bad?", "bb", "ccc", "dddd", "e", "ffffff"]);
    return { photos: [...result.photos], problems: result.problems };
  };
  const one = await run(1), three = await run(3);
  assert.deepEqual(one.photos.map(([id]) => id), ["a", "bb", "ccc", "dddd", "e", "ffffff"]);
  assert.deepEqual(one.problems, ["photos/bad is bad"]);
  assert.deepEqual(three, one);
});

Deno.test("findInAll() ends with what the detector throws", async () => {
  const fail = () => Promise.reject<PhotoFaces>(new Error("out of memory"));
  await assert.rejects(findInAll([sample("a")], [fail]), /out of memory/);
});
