// What `deno task compile` puts into the program: it runs where there is nothing but Deno.
import assert from "node:assert/strict";
import { bundleDetect } from "../../lib/cli/tools/compile.ts";

const SAMPLES = new URL("../../data/samples/", import.meta.url).pathname;

Deno.test("the bundle of detect runs with no cache, no network and no package", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await bundleDetect(folder);
    const code = await Deno.readTextFile(`${folder}/detect.js`);
    assert.ok(code.length < 8e6, `${code.length} bytes`);
    assert.ok(!/from\s*["'](npm|jsr|https?):/.test(code), "it imports nothing from outside");
    const run = async (...args: string[]) => {
      const { code, stdout, stderr } = await new Deno.Command("deno", {
        args: [
          ...["run", "--quiet", "--no-prompt", "--no-config", "--no-lock", "--no-check"],
          ...["--cached-only", "--allow-read", "--allow-env=TINYFACE_DEBUG,IMAGESCRIPT_WASM_SIMD"],
          ...[`--allow-write=${folder}`, `${folder}/detect.js`, ...args],
        ],
        cwd: folder,
        env: { HOME: folder, DENO_DIR: `${folder}/cache`, NO_COLOR: "1" },
      }).output();
      const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
      return { code, stdout: text(stdout), stderr: text(stderr) };
    };
    const lines = await run("--jsonl", "--jobs", "2", SAMPLES);
    assert.equal(lines.code, 0, lines.stderr);
    const photos = lines.stdout.trim().split("\n").map((line) => JSON.parse(line));
    assert.equal(photos.length, 6);
    assert.ok(photos.every(({ faces }) => faces.length >= 2), lines.stdout);
    const drawn = await run(`${SAMPLES}sample6.jpg`, "-o", `${folder}/faces.jpg`);
    assert.equal(drawn.code, 0, drawn.stderr);
    assert.ok((await Deno.stat(`${folder}/faces.jpg`)).size > 10_000);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
