import assert from "node:assert/strict";
import { denoStore } from "../../lib/cli/deno_store.ts";

const bytes = Uint8Array.of(1, 2, 3);

async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("denoStore writes, reads, lists and removes files", () =>
  inFolder(async (folder) => {
    await denoStore.write(`${folder}/new/deep/b.bin`, bytes);
    await denoStore.write(`${folder}/new/deep/a.bin`, bytes);
    assert.deepEqual(await denoStore.read(`${folder}/new/deep/b.bin`), bytes);
    assert.deepEqual(await denoStore.list(`${folder}/new/deep`), ["a.bin", "b.bin"]);
    assert.equal(await denoStore.has(`${folder}/new/deep/a.bin`), true);
    await denoStore.remove(`${folder}/new/deep/a.bin`);
    await denoStore.remove(`${folder}/new/deep/a.bin`);
    assert.equal(await denoStore.has(`${folder}/new/deep/a.bin`), false);
    assert.equal(await denoStore.has(`${folder}/new`), false);
    assert.deepEqual(await denoStore.list(`${folder}/none`), []);
  }));

Deno.test("denoStore.append() adds to the end and starts missing files", () =>
  inFolder(async (folder) => {
    await denoStore.append(`${folder}/logs/a`, bytes);
    await denoStore.append(`${folder}/logs/a`, bytes);
    assert.deepEqual([...await denoStore.read(`${folder}/logs/a`)], [1, 2, 3, 1, 2, 3]);
  }));

Deno.test("denoStore.write() replaces a file as a whole and leaves nothing else behind", () =>
  inFolder(async (folder) => {
    await denoStore.write(`${folder}/a`, new Uint8Array(1000));
    await denoStore.write(`${folder}/a`, bytes);
    assert.deepEqual(await denoStore.read(`${folder}/a`), bytes);
    assert.deepEqual(await denoStore.list(folder), ["a"]);
  }));

Deno.test("denoStore.write() keeps the old file and cleans up when it fails", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/a/inside`, { recursive: true });
    await assert.rejects(denoStore.write(`${folder}/a`, bytes), /^Error: Cannot write ".*\/a": /);
    assert.deepEqual(await denoStore.list(folder), ["a"]);
    assert.deepEqual(await denoStore.list(`${folder}/a`), ["inside"]);
  }));

Deno.test("denoStore's errors name the path and the reason", () =>
  inFolder(async (folder) => {
    const messageOf = async (promise: Promise<unknown>) => {
      const error = await promise.then(() => undefined, (error) => error);
      assert.ok(error instanceof Error && error.cause instanceof Error);
      return error.message;
    };
    const file = `${folder}/file`;
    await denoStore.write(file, bytes);
    assert.equal(
      await messageOf(denoStore.read(`${folder}/x`)),
      `Cannot read "${folder}/x": there is no such file`,
    );
    assert.equal(
      await messageOf(denoStore.read(folder)),
      `Cannot read "${folder}": it is a folder`,
    );
    assert.equal(
      await messageOf(denoStore.append(`${file}/x`, bytes)),
      `Cannot append to "${file}/x": a part of its path is a file`,
    );
  }));
