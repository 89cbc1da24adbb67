// The decode cache: what is decoded once, and what happens to broken files.
import assert from "node:assert/strict";
import { boxesOnCached, createImageCache } from "../../lib/datasets/image_cache.ts";
import type { Image } from "../../lib/image/image.ts";
import { MemoryStore } from "./memory_store.ts";

/** Decodes "WxH:V" as an image of that size in which every byte is V, and counts. */
function fakeDecoder() {
  const calls: string[] = [];
  const decode = (bytes: Uint8Array): Promise<Image> => {
    const text = new TextDecoder().decode(bytes);
    calls.push(text);
    const match = /^(\d+)x(\d+):(\d+)$/.exec(text);
    if (match === null) return Promise.reject(new Error(`Cannot decode "${text}"`));
    const [width, height, value] = match.slice(1).map(Number) as [number, number, number];
    return Promise.resolve({ width, height, data: new Uint8Array(width * height * 3).fill(value) });
  };
  return { calls, decode };
}

function setUp(options: { memoryBytes?: number; folder?: string | null; maxSide?: number } = {}) {
  const store = new MemoryStore({ "a.jpg": "100x40:7", "b.jpg": "10x20:9", "broken.jpg": "text" });
  const { calls, decode } = fakeDecoder(), problems: string[] = [];
  const onProblem = (problem: string) => problems.push(problem);
  const open = () =>
    createImageCache({
      store,
      folder: "cache",
      maxSide: 50,
      memoryBytes: 0,
      decode,
      onProblem,
      ...options,
    });
  const files = () => [...store.files.keys()].filter((path) => path.startsWith("cache/"));
  return { store, calls, problems, open, files };
}

const A = { path: "a.jpg", orientation: "upright" } as const;
const B = { path: "b.jpg", orientation: "upright" } as const;

Deno.test("ImageCache.get() shrinks photos to maxSide and never enlarges", async () => {
  const cache = setUp().open();
  assert.deepEqual(await cache.get(A), {
    image: { width: 50, height: 20, data: new Uint8Array(50 * 20 * 3).fill(7) },
    original: { width: 100, height: 40 },
  });
  assert.deepEqual(await cache.get(B), {
    image: { width: 10, height: 20, data: new Uint8Array(10 * 20 * 3).fill(9) },
    original: { width: 10, height: 20 },
  });
});

Deno.test("boxesOnCached() scales boxes as the photo was", async () => {
  const cached = await setUp().open().get(A);
  assert.deepEqual([...boxesOnCached(Float32Array.of(10, 4, 100, 40), cached)], [5, 2, 50, 20]);
});

Deno.test("ImageCache.get() decodes a photo once, over several runs", async () => {
  const { open, calls, files } = setUp();
  const first = await open().get(A);
  const later = await open().get(A);
  assert.deepEqual(later, first);
  assert.deepEqual(calls, ["100x40:7"]);
  assert.equal(files().length, 1);
});

Deno.test("ImageCache.get() keeps photos in memory within its budget", async () => {
  const { open, store } = setUp({ memoryBytes: 3000 });
  const cache = open();
  assert.equal(await cache.get(A), await cache.get(A));
  const reads = store.reads.length;
  await cache.get(A);
  assert.equal(store.reads.length, reads, "no file is read");
  await cache.get(B);
  await cache.get(A);
  assert.ok(store.reads.length > reads + 1, "b has pushed a out");
});

Deno.test("ImageCache.get() works without files", async () => {
  const { open, calls, files } = setUp({ folder: null });
  await open().get(A);
  await open().get(A);
  assert.deepEqual([calls.length, files().length], [2, 0]);
});

Deno.test("ImageCache.get() decodes anew when photo, size or orientation differ", async () => {
  const { open, store, calls } = setUp();
  const cache = open();
  await cache.get(A);
  await cache.get({ ...A, orientation: "stored" });
  store.put("a.jpg", "100x40:8");
  assert.equal((await cache.get(A)).image.data[0], 8);
  assert.equal(calls.length, 3);
});

Deno.test("ImageCache.get() makes broken cache files anew", async () => {
  const { open, store, calls, files } = setUp();
  const whole = await open().get(A), [path] = files(), good = store.files.get(path!)!;
  const flipped = good.slice();
  flipped[0]! ^= 1;
  const wrongSize = good.slice();
  wrongSize[8] = 51;
  for (const bad of [new Uint8Array(0), good.slice(0, 20), good.slice(0, -1), flipped, wrongSize]) {
    store.files.set(path!, bad);
    calls.length = 0;
    assert.deepEqual(await open().get(A), whole);
    assert.equal(calls.length, 1);
    assert.deepEqual(store.files.get(path!), good);
  }
});

Deno.test("ImageCache.get() goes on when files cannot be written, and says so once", async () => {
  const { open, store, problems } = setUp();
  store.writeError = new Error("the disk is full");
  const cache = open();
  await cache.get(A);
  await cache.get(B);
  assert.deepEqual(problems, ['Cannot keep decoded images in "cache": the disk is full']);
});

Deno.test("ImageCache.get() passes errors of photos on", async () => {
  const cache = setUp().open();
  await assert.rejects(cache.get({ ...A, path: "broken.jpg" }), /Cannot decode "text"/);
  await assert.rejects(cache.get({ ...A, path: "none.jpg" }), /there is no such file/);
});

Deno.test("createImageCache() refuses a maxSide that is none", () => {
  assert.throws(() => setUp({ maxSide: 0 }).open(), RangeError);
  assert.throws(() => setUp({ maxSide: 1.5 }).open(), RangeError);
});
