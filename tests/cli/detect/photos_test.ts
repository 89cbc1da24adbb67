import assert from "node:assert/strict";
import { listPhotos, photosListed } from "../../../lib/cli/detect/photos.ts";

/** A folder with these empty files. */
async function withFiles(
  names: readonly string[],
  run: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const name of names) {
      const path = `${folder}/${name}`;
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      await Deno.writeFile(path, new Uint8Array());
    }
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Paths that are found, without the folder. */
async function found(
  folder: string,
  inputs: readonly string[],
  options: Parameters<typeof listPhotos>[1] = {},
): Promise<string[]> {
  const photos = await Array.fromAsync(
    listPhotos(inputs.map((name) => `${folder}/${name}`), options),
  );
  return photos.map(({ path }) => path.slice(folder.length + 1));
}

const STRANGE = ["a b.jpg", "new\nline.png", "größe 東京 😀.webp", "[x]/*.gif", "'q\".bmp"];

Deno.test("listPhotos() finds photos whatever they are called", () =>
  withFiles(STRANGE, async (folder) => {
    assert.deepEqual((await found(folder, [""])).sort(), [...STRANGE].sort());
    // A name that looks like a glob is a name when there is such a file or folder.
    assert.deepEqual(await found(folder, ["[x]/*.gif", "[x]"]), ["[x]/*.gif", "[x]/*.gif"]);
  }));

Deno.test("listPhotos() understands globs: files, files at any depth, folders", () =>
  withFiles(
    ["a/1.jpg", "a/b/2.jpg", "a/b/3.png", "c-1/4.jpg", "c-2/d/5.jpg", "c-2/n.txt"],
    async (folder) => {
      assert.deepEqual(await found(folder, ["a/*.jpg"]), ["a/1.jpg"]);
      assert.deepEqual(await found(folder, ["**/*.jpg"]), [
        ...["a/1.jpg", "a/b/2.jpg", "c-1/4.jpg", "c-2/d/5.jpg"],
      ]);
      assert.deepEqual(await found(folder, ["a/b/*.{jpg,png}"]), ["a/b/2.jpg", "a/b/3.png"]);
      assert.deepEqual(await found(folder, ["c-*"]), ["c-1/4.jpg", "c-2/d/5.jpg"]);
      const [nothing] = await Array.fromAsync(listPhotos([`${folder}/*.bmp`]));
      await assert.rejects(nothing!.read(), /Cannot find photos in ".*\*\.bmp": nothing fits/);
    },
  ));

Deno.test("listPhotos() follows links to folders, and names those that lead back", () =>
  withFiles(["a/1.jpg", "other/2.jpg"], async (folder) => {
    await Deno.symlink(`${folder}/other`, `${folder}/a/link`);
    await Deno.symlink("..", `${folder}/a/loop`);
    await Deno.symlink(`${folder}/a`, `${folder}/other/back`);
    const problems: string[] = [];
    const onProblem = (sentence: string) => void problems.push(sentence);
    assert.deepEqual(await found(folder, ["a"], { onProblem }), [
      "a/1.jpg",
      "a/link/2.jpg",
      "a/loop/other/2.jpg",
    ]);
    assert.deepEqual(problems, [
      `Cannot follow "${folder}/a/link/back": the link leads back to a folder around it`,
      `Cannot follow "${folder}/a/loop/a": the link leads back to a folder around it`,
      `Cannot follow "${folder}/a/loop/other/back": the link leads back to a folder around it`,
    ]);
  }));

Deno.test("listPhotos() leaves out the folder that is written to, unless it is asked for", () =>
  withFiles(["a/1.jpg", "a/out/1.jpg"], async (folder) => {
    const except = `${folder}/a/./out`;
    assert.deepEqual(await found(folder, ["a"], { except }), ["a/1.jpg"]);
    assert.deepEqual(await found(folder, ["a/out"], { except }), ["a/out/1.jpg"]);
  }));

async function* bytesOf(text: string) {
  yield* new Blob([text]).stream();
}

Deno.test("photosListed() takes lines, of Windows too, and what find -print0 writes", () =>
  withFiles(["d/1.jpg", "d/2.jpg", "n\nl.jpg"], async (folder) => {
    const paths = async (text: string) =>
      (await Array.fromAsync(photosListed(bytesOf(text)))).map(({ path }) => path);
    assert.deepEqual(await paths(`x y.jpg\r\n\n${folder}/d\nlast`), [
      ...["x y.jpg", `${folder}/d/1.jpg`, `${folder}/d/2.jpg`, "last"],
    ]);
    assert.deepEqual(await paths(`${folder}/n\nl.jpg\0b\0`), [`${folder}/n\nl.jpg`, "b"]);
    assert.deepEqual(await paths(""), []);
  }));
