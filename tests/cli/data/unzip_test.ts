// Unpacking: whole, resumable, and never outside the folder.
import assert from "node:assert/strict";
import { unzip } from "../../../lib/cli/data/unzip.ts";
import { zipOf } from "./zips.ts";

async function withZip(
  bytes: Uint8Array,
  test: (paths: { zip: string; folder: string; root: string }) => Promise<void>,
) {
  const root = await Deno.makeTempDir();
  try {
    await Deno.writeFile(`${root}/a.zip`, bytes);
    await test({ zip: `${root}/a.zip`, folder: `${root}/out`, root });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

async function tree(folder: string): Promise<string[]> {
  const paths: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const path = `${folder}/${name}`;
      paths.push(...isDirectory ? await tree(path) : [path]);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return paths.sort();
}

const LONG = "face ".repeat(50_000);

Deno.test("unzip() unpacks files into folders", async () => {
  await withZip(await zipOf({ "a/b/1.txt": LONG, "2.txt": "two" }), async ({ zip, folder }) => {
    const seen: string[] = [];
    await unzip(zip, folder, (done, total) => seen.push(`${done}/${total}`));
    assert.deepEqual(await tree(folder), [`${folder}/2.txt`, `${folder}/a/b/1.txt`]);
    assert.equal(await Deno.readTextFile(`${folder}/a/b/1.txt`), LONG);
    assert.deepEqual(seen, ["1/2", "2/2"]);
  });
});

Deno.test("unzip() leaves whole files alone and mends others", async () => {
  await withZip(await zipOf({ "1.txt": "one", "2.txt": "two" }), async ({ zip, folder }) => {
    await Deno.mkdir(folder);
    await Deno.writeTextFile(`${folder}/1.txt`, "ONE");
    await Deno.writeTextFile(`${folder}/2.txt`, "t");
    await Deno.writeTextFile(`${folder}/2.txt.part`, "of an earlier run");
    await unzip(zip, folder);
    assert.equal(await Deno.readTextFile(`${folder}/1.txt`), "ONE");
    assert.equal(await Deno.readTextFile(`${folder}/2.txt`), "two");
    assert.equal((await tree(folder)).length, 2);
  });
});

for (const name of ["../evil.txt", "a/../../evil.txt", "/tmp/evil.txt", "..\\evil.txt", "C:evil"]) {
  Deno.test(`unzip() unpacks nothing when a file is named ${name}`, async () => {
    await withZip(
      await zipOf({ "1.txt": "one", [name]: "evil" }),
      async ({ zip, folder, root }) => {
        await assert.rejects(unzip(zip, folder), {
          name: "CliError",
          message: `Cannot unpack "${zip}": Unsafe filename`,
        });
        assert.deepEqual(await tree(root), [zip]);
      },
    );
  });
}

Deno.test("unzip() leaves no half of a file from a broken archive", async () => {
  const bytes = await zipOf({ "1.txt": Array.from({ length: 9999 }, (_, k) => k * k).join() });
  bytes.fill(0, 5000, 6000);
  await withZip(bytes, async ({ zip, folder, root }) => {
    await assert.rejects(unzip(zip, folder), { name: "CliError", exitCode: 1 });
    assert.deepEqual(await tree(root), [zip]);
  });
});

Deno.test("unzip() says when a file is no archive", async () => {
  await withZip(new TextEncoder().encode(LONG), async ({ zip, folder }) => {
    await assert.rejects(unzip(zip, folder), { message: /^Cannot unpack ".*a.zip": / });
  });
});
