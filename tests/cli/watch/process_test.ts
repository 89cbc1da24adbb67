// `watch.ts` as its user runs it, seen by a real browser.
import { removeProfile } from "../../_support/remove_profile.ts";
import assert from "node:assert/strict";
import { encodePng } from "../../../lib/codec/encode.ts";
import { EventWriter } from "../../../lib/training/event_writer.ts";
import { denoStore } from "../../../lib/cli/deno_store.ts";
import { RunHistory } from "../../../lib/cli/watch/history.ts";
import { watchHandler } from "../../../lib/cli/watch/server.ts";
import { testWith } from "../../_support/programs.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;

/** A run of so many steps, with `watch.ts` at it. */
async function watching(run: (site: { url: string; writer: EventWriter }) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  const writer = new EventWriter(denoStore, `${folder}/logs/fit/my run`, { host: "test" });
  for (let step = 1; step <= 50; step++) {
    writer.scalars(step, { "loss": 3 / step, "val/ap50": step / 100, "rate": 0.01 });
  }
  const data = new Uint8Array(3 * 64 * 48).fill(90);
  writer.image(50, "validation/0", {
    width: 64,
    height: 48,
    png: encodePng({ width: 64, height: 48, data }),
  });
  await writer.flush();
  const config = ["--config", `${ROOT}deno.json`, "--no-prompt", "--quiet", "-P=watch"];
  const process = new Deno.Command("deno", {
    args: ["run", ...config, `${ROOT}watch.ts`, "runs/my run", "--port", "0"],
    cwd: folder,
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  try {
    const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const url = /http:\S+/.exec((await reader.read()).value!)![0];
    await run({ url, writer });
    process.kill("SIGTERM");
    assert.equal((await process.status).code, 0);
    await reader.cancel();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("watch shows a run while it grows, and survives a resumed one", () =>
  watching(async ({ url, writer }) => {
    const first = await (await fetch(`${url}data`)).json();
    assert.equal(first.run, "my run");
    assert.deepEqual(first.scalars.loss.at(-1)[0], 50);
    assert.deepEqual(first.images, [{ tag: "validation/0", step: 50 }]);
    const same = await fetch(`${url}data?version=${first.version}`);
    assert.deepEqual([same.status, await same.text()], [204, ""]);
    const png = await (await fetch(`${url}image?tag=validation/0`)).bytes();
    assert.deepEqual([...png.slice(1, 4)], [..."PNG"].map((c) => c.charCodeAt(0)));
    assert.equal(await fetch(`${url}none`).then((r) => r.text()), "There is no such page");

    writer.scalars(51, { loss: 0.05 });
    await writer.flush();
    let next = first;
    for (let tries = 0; next.version === first.version && tries < 100; tries++) {
      await new Promise((go) => setTimeout(go, 100));
      next = await (await fetch(`${url}data`)).json();
    }
    assert.equal(next.scalars.loss.at(-1)[0], 51);
  }));

Deno.test("RunHistory drops what a resumed run says anew, and thins long curves", () => {
  const history = new RunHistory("run"), none = new Map<string, never>();
  const event = (step: number, value?: number) => ({
    wallTime: step,
    step,
    isSessionStart: value === undefined,
    scalars: value === undefined ? none : new Map([["loss", value]]),
    images: none,
  });
  history.add([event(1, 3), event(2, 2), event(3, 1), event(2), event(2, 5), event(3, NaN)]);
  assert.deepEqual(history.snapshot().scalars, { loss: [[1, 3], [2, 5]] });
  history.add(Array.from({ length: 5000 }, (_, k) => event(4 + k, k)));
  const { loss } = history.snapshot().scalars;
  assert.ok(loss!.length <= 1001);
  assert.deepEqual(loss!.at(-1), [5003, 4999]);
});

Deno.test("the page is not served under a name from elsewhere", () => {
  const handler = watchHandler(new RunHistory("run"));
  assert.equal(handler(new Request("http://evil.example/data")).status, 403);
  const page = handler(new Request("http://localhost/"));
  assert.match(page.headers.get("content-security-policy")!, /default-src 'none'/);
});

testWith(
  "chromium",
  "a browser draws the curves and pictures of a run",
  () =>
    watching(async ({ url }) => {
      const profile = await Deno.makeTempDir();
      try {
        const { stdout } = await new Deno.Command("/usr/bin/chromium", {
          args: [
            ...["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${profile}`],
            ...["--virtual-time-budget=3000", "--dump-dom", url],
          ],
          stdout: "piped",
          stderr: "null",
        }).output();
        const dom = new TextDecoder().decode(stdout);
        assert.match(dom, /<title>my run<\/title>/);
        assert.match(dom, /aria-label="loss: 0\.06 at step 50, from 0\.06 to 3; arrow keys move/);
        assert.match(dom, /<path class="raw" d="M0\.0 0\.00L/);
        assert.match(dom, /<img src="\/image\?tag=validation%2F0&amp;step=50"/);
        assert.match(dom, /last heard of \d+ s ago/);
        const order = [...dom.matchAll(/data-tag="([^"]+)"/g)].map(([, tag]) => tag);
        assert.deepEqual(order, ["loss", "rate", "val/ap50"]);
      } finally {
        await removeProfile(profile);
      }
    }),
);
