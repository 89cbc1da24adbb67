// `detect.ts` over many photos: threads, kills, shards, bad surroundings.
import assert from "node:assert/strict";
import { answersIn, ended, runDetect, spawnDetect, withPhotos } from "./detect_process.ts";

async function lengthOf(path: string): Promise<number> {
  return await Deno.stat(path).then(({ size }) => size, () => 0);
}

/** Waits until a file has grown, or the process has ended. */
async function untilGrown(path: string, from: number, process: Deno.ChildProcess): Promise<void> {
  let isOver = false;
  process.status.then(() => isOver = true);
  while (!isOver && await lengthOf(path) <= from) await new Promise((go) => setTimeout(go, 5));
}

Deno.test("detect killed at any moment and resumed answers as one clean run does", () =>
  withPhotos(60, async (cwd) => {
    const clean = await runDetect(cwd, ["photos", "-o", "clean.jsonl"]);
    assert.equal(clean.code, 1, clean.stderr); // some are broken
    const expected = answersIn(await Deno.readTextFile(`${cwd}/clean.jsonl`));
    assert.equal(expected.length, 60);

    const part = `${cwd}/out/faces.jsonl.part`;
    for (let kill = 0; kill < 5; kill++) {
      const args = ["photos", "-o", "out/faces.jsonl", "--resume", "--jobs", String(1 + kill % 2)];
      const process = spawnDetect(cwd, args, { stdout: "null", stderr: "null" });
      await untilGrown(part, await lengthOf(part), process);
      await new Promise((go) => setTimeout(go, 150 * Math.random()));
      try {
        process.kill("SIGKILL");
      } catch { /* it was faster */ }
      await process.status;
      // As if the system had written a part of the next line only.
      if (await lengthOf(part) > 0) {
        await Deno.writeTextFile(part, '{"image":"pho', { append: true });
      }
    }
    const last = await runDetect(cwd, ["photos", "-o", "out/faces.jsonl", "--resume"]);
    assert.ok([0, 1].includes(last.code), last.stderr);
    assert.deepEqual(answersIn(await Deno.readTextFile(`${cwd}/out/faces.jsonl`)), expected);
    assert.deepEqual(await Array.fromAsync(Deno.readDir(`${cwd}/out`), ({ name }) => name), [
      "faces.jsonl",
    ]);
  }));

Deno.test("detect answers SIGTERM with what is in hand and a code, and goes on from there", () =>
  withPhotos(400, async (cwd) => { // enough that it is not done before it is told to stop
    const args = ["photos", "-o", "faces.jsonl", "--stats", "stats.json"];
    const process = spawnDetect(cwd, args);
    await untilGrown(`${cwd}/faces.jsonl.part`, 0, process);
    process.kill("SIGTERM");
    const { code, stderr } = await ended(process);
    assert.equal(code, 130, stderr);
    assert.match(stderr, /^stopped after \d+ photos; --resume goes on$/m);
    const text = await Deno.readTextFile(`${cwd}/faces.jsonl.part`);
    assert.ok(text.endsWith("}\n"));
    const { photos, stopped } = JSON.parse(await Deno.readTextFile(`${cwd}/stats.json`));
    assert.deepEqual([photos, stopped], [answersIn(text).length, "interrupted"]);
    const rest = await runDetect(cwd, [...args, "--resume"]);
    assert.match(rest.stderr, new RegExp(`^${photos} photos were done already$`, "m"));
    assert.equal(answersIn(await Deno.readTextFile(`${cwd}/faces.jsonl`)).length, 400);
  }));

Deno.test("detect --shard: the shards together answer each photo once, in threads or not", () =>
  withPhotos(20, async (cwd) => {
    const all = await runDetect(cwd, ["--jsonl", "photos"]);
    const shards = await Promise.all([
      runDetect(cwd, ["--jsonl", "photos", "--shard", "1/2", "--jobs", "2"]),
      runDetect(cwd, ["--jsonl", "photos", "--shard", "env:JOB_COMPLETION_INDEX/2"], {
        env: { JOB_COMPLETION_INDEX: "1" },
      }),
    ]);
    const byImage = (jsonl: string) =>
      answersIn(jsonl).sort((a, b) => String(a.image) < String(b.image) ? -1 : 1);
    assert.equal(byImage(all.stdout).length, 20);
    assert.deepEqual(byImage(shards.map(({ stdout }) => stdout).join("")), byImage(all.stdout));
    for (const { stdout } of shards) assert.ok(answersIn(stdout).length > 4);
  }));

Deno.test("detect --jsonl - answers each job before the next one comes", () =>
  withPhotos(3, async (cwd) => {
    const process = spawnDetect(cwd, ["--jsonl", "-", "--jobs", "2"], { stdin: "piped" });
    const jobs = process.stdin.getWriter();
    const answers = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    for (let id = 0; id < 3; id++) {
      const path = `photos/${id % 2 ? "deep er/" : ""}${id}.png`;
      await jobs.write(new TextEncoder().encode(`${JSON.stringify({ id, path })}\n`));
      const answer = JSON.parse((await answers.read()).value!);
      assert.deepEqual([answer.id, answer.image, answer.width], [id, path, 40 + id]);
    }
    process.kill("SIGTERM"); // standard input stays open: it must not wait for it
    assert.equal((await process.status).code, 130);
    await answers.read();
    await jobs.close().catch(() => {});
    await process.stderr.cancel();
  }));

Deno.test("detect fetches the photos of jobs only from where it may", () =>
  withPhotos(1, async (cwd) => {
    const photo = await Deno.readFile(`${cwd}/photos/0.png`);
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      () => new Response(photo),
    );
    const url = `http://127.0.0.1:${server.addr.port}/0.png`;
    await Deno.writeTextFile(`${cwd}/jobs`, `${JSON.stringify({ id: 1, url })}\n`);
    const run = async (permissions: readonly string[]) => {
      using jobs = await Deno.open(`${cwd}/jobs`);
      const process = spawnDetect(cwd, ["--jsonl", "-"], { stdin: "piped", permissions });
      await jobs.readable.pipeTo(process.stdin);
      return await ended(process);
    };
    const [allowed, denied] = await Promise.all([
      run(["--allow-read", "--allow-net=127.0.0.1"]),
      run(["-P=detect"]),
    ]);
    assert.equal(allowed.code, 0, allowed.stderr);
    assert.equal(answersIn(allowed.stdout)[0]!.width, 40);
    assert.equal(denied.code, 1);
    assert.match(denied.stderr, /Cannot fetch "http.*": Deno was not given the permission/);
  }));

Deno.test("detect --max-errors stops when so many photos have failed", () =>
  withPhotos(40, async (cwd) => {
    const { code, stdout, stderr } = await runDetect(cwd, [
      ...["--jsonl", "photos", "--max-errors", "2", "--jobs", "2"],
    ]);
    assert.equal(code, 1);
    const failed = answersIn(stdout).filter((answer) => "error" in answer);
    assert.equal(failed.length, 2);
    assert.match(stderr, /^error: stopped, 2 photos have failed: see --max-errors$/m);
  }));

Deno.test("detect --resume leaves out photos whose copy is drawn", () =>
  withPhotos(4, async (cwd) => {
    const first = await runDetect(cwd, ["photos", "-o", "photos/drawn"]);
    assert.equal(first.code, 0, first.stderr);
    await Deno.remove(`${cwd}/photos/drawn/2.faces.jpg`);
    const second = await runDetect(cwd, ["photos", "-o", "photos/drawn", "--resume"]);
    assert.match(second.stdout, /^photos\/2\.png: .*$/m);
    assert.equal(second.stdout.split("\n").length, 2);
    assert.match(second.stderr, /^3 photos were done already$/m);
  }));

Deno.test("detect names a folder that it may not look into, and goes on", () =>
  withPhotos(4, async (cwd) => {
    const secret = `${cwd}/photos/deep er`;
    const { code, stdout, stderr } = await runDetect(cwd, ["--jsonl", "photos"], {
      permissions: ["--allow-read", `--deny-read=${secret}`],
    });
    assert.equal(code, 1);
    assert.match(stderr, /^error: Cannot look into "photos\/deep er": /m);
    assert.deepEqual(answersIn(stdout).map(({ image }) => image), [
      ...["photos/0.png", "photos/2.png", "photos/deep er"],
    ]);
  }));

const noFullDevice = Deno.build.os !== "linux" ? "there is no /dev/full" : null;
Deno.test({
  name: `detect ends with a sentence when the disk is full${
    noFullDevice === null ? "" : ` (skipped: ${noFullDevice})`
  }`,
  ignore: noFullDevice !== null,
  fn: () =>
    withPhotos(2, async (cwd) => {
      await Deno.symlink("/dev/full", `${cwd}/faces.jsonl.part`);
      const { code, stderr } = await runDetect(cwd, ["photos", "-o", "faces.jsonl", "--resume"], {
        permissions: ["--allow-all"], // Deno lets nobody else open a device
      });
      assert.equal(code, 1);
      assert.match(
        stderr,
        /^error: Cannot write "faces\.jsonl\.part": No space left on device.*; go on with --resume$/m,
      );
      await assert.rejects(Deno.stat(`${cwd}/faces.jsonl`), Deno.errors.NotFound);
    }),
});
