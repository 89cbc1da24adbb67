// Opening a page in headless Chromium.
import assert from "node:assert/strict";
import { removeProfile } from "../_support/remove_profile.ts";
import { BUNDLE } from "./bundle.ts";
import { CHROMIUM } from "./runtimes.ts";

/** A page that works for longer hangs. */
const PATIENCE_MS = 120_000;

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html",
  js: "text/javascript",
  json: "application/json",
  png: "image/png",
};

/** What a page can load: a file, or bytes, under a name whose ending tells the type. */
export type PageFiles = Readonly<Record<string, URL | Uint8Array<ArrayBuffer>>>;

/**
 * Opens `page.html` of some files, beside which lie the bundle and `report.js`.
 *
 * @returns What the page gives to `report()`.
 */
export async function reportOf(page: PageFiles): Promise<unknown> {
  const report = new URL("report.js", import.meta.url);
  const files: PageFiles = { "tinyface.js": BUNDLE, "report.js": report, ...page };
  const { promise, resolve } = Promise.withResolvers<{ error: string } | { found: unknown }>();
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const name = new URL(request.url).pathname.slice(1);
      if (name === "report") {
        resolve(await request.json());
        return new Response();
      }
      const content = files[name];
      if (content === undefined) return new Response(null, { status: 404 });
      const body = content instanceof URL ? await Deno.readFile(content) : content;
      return new Response(body, { headers: { "content-type": TYPES[name.split(".").at(-1)!]! } });
    },
  );
  const folder = await Deno.makeTempDir();
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${folder}`];
  const address = `http://127.0.0.1:${server.addr.port}/page.html`;
  const browser = new Deno.Command(CHROMIUM, {
    ...{ args: [...flags, address], stdout: "null", stderr: "null" } as const,
  }).spawn();
  const late = setTimeout(() => browser.kill("SIGKILL"), PATIENCE_MS);
  try {
    const died = browser.status.then(() =>
      assert.fail("the browser ended before it had an answer")
    );
    const answer = await Promise.race([promise, died]);
    assert.ok("found" in answer, JSON.stringify(answer));
    return answer.found;
  } finally {
    clearTimeout(late);
    browser.kill("SIGKILL");
    await browser.status;
    await removeProfile(folder);
  }
}
