import assert from "node:assert/strict";
import { ResultsFile } from "../../../lib/cli/detect/results_file.ts";

async function inFolder(run: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(`${folder}/deep/faces.jsonl`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const line = (image: string, more = {}) => JSON.stringify({ ...more, image, faces: [] });

Deno.test("a ResultsFile gets its name when it is finished", () =>
  inFolder(async (path) => {
    using file = await ResultsFile.open(path, false);
    await file.write(line("a"));
    assert.equal(await Deno.readTextFile(`${path}.part`), `${line("a")}\n`);
    await file.finish();
    assert.equal(await Deno.readTextFile(path), `${line("a")}\n`);
    await assert.rejects(Deno.stat(`${path}.part`), Deno.errors.NotFound);
  }));

Deno.test("a ResultsFile goes on after its last whole line, wherever a kill has cut it", async () => {
  const whole = [line("ü\n"), line("b", { id: 7 }), line("ü\n")].map((text) => `${text}\n`);
  const bytes = new TextEncoder().encode(whole.join(""));
  const ends = whole.map((_, k) => new TextEncoder().encode(whole.slice(0, k + 1).join("")).length);
  for (let cut = 0; cut <= bytes.length; cut++) {
    await inFolder(async (path) => {
      await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
      await Deno.writeFile(`${path}.part`, bytes.slice(0, cut));
      using file = await ResultsFile.open(path, true);
      const answered = ends.filter((end) => end <= cut).length;
      const expected = [new Map(), new Map([["ü\n", 1]]), new Map([["ü\n", 1], ["7", 1]])];
      expected.push(new Map([["ü\n", 2], ["7", 1]]));
      assert.deepEqual(file.done, expected[answered]);
      await file.write("next");
      const text = await Deno.readTextFile(`${path}.part`);
      assert.equal(text, `${whole.slice(0, answered).join("")}next\n`);
    });
  }
});

Deno.test("a ResultsFile goes on with a finished file", () =>
  inFolder(async (path) => {
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, `${line("a")}\n`);
    using file = await ResultsFile.open(path, true);
    assert.deepEqual(file.done, new Map([["a", 1]]));
    await file.finish();
    assert.equal(await Deno.readTextFile(path), `${line("a")}\n`);
  }));

Deno.test("ResultsFile.open() loses nothing that is there", () =>
  inFolder(async (path) => {
    const first = await ResultsFile.open(path, false);
    await first.write("no answer");
    await assert.rejects(ResultsFile.open(path, false), {
      exitCode: 2,
      message:
        `Cannot write "${path}": an interrupted run has left its .part; go on with --resume, or remove it`,
    });
    await assert.rejects(ResultsFile.open(path, true), /another process is writing it/);
    first[Symbol.dispose]();
    await assert.rejects(ResultsFile.open(path, true), /line 1 is no answer of this command/);
    await Deno.rename(`${path}.part`, path);
    await assert.rejects(ResultsFile.open(path, false), /it is there already; go on with --resume/);
    await Deno.writeTextFile(`${path}.part`, "");
    await assert.rejects(ResultsFile.open(path, true), /there is ".*\.part", too/);
  }));
