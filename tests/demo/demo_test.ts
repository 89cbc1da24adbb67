// The demo page: its server here, the page itself in Chromium where there is one.
import assert from "node:assert/strict";
import { serveDemo } from "../../lib/cli/tools/serve_demo.ts";

const CASES = new URL("page_cases.ts", import.meta.url);
// The registry is left alone: a test does not install anything.
const RUN = ["--no-lock", "--cached-only", "--no-check", "--allow-all", CASES.href];

async function isThere(path: URL | string): Promise<boolean> {
  return await Deno.stat(path).then(({ isFile }) => isFile, () => false);
}

async function whyMissing(): Promise<string | null> {
  if (!await isThere("/usr/bin/chromium")) return "/usr/bin/chromium is not there";
  if (!await isThere(new URL("../../dist/tinyface.js", import.meta.url))) {
    return "dist/tinyface.js is not there: deno task bundle";
  }
  const { success } = await new Deno.Command("deno", { args: ["test", "--no-run", ...RUN] })
    .output();
  return success
    ? null
    : "playwright-core is not installed: deno cache --no-lock lib/deps/playwright.ts";
}

const reason = await whyMissing();

Deno.test({
  name: `the demo page works in Chromium${reason === null ? "" : ` (skipped: ${reason})`}`,
  ignore: reason !== null,
  fn: async () => {
    const { success, stdout, stderr } = await new Deno.Command("deno", {
      args: ["test", ...RUN],
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assert.ok(success, text(stdout) + text(stderr));
  },
});

Deno.test("serveDemo() serves the page's files with a policy, and no other", async () => {
  const get = (path: string) => serveDemo(new Request(`http://localhost${path}`));
  const page = await get("/");
  assert.equal(page.headers.get("content-type"), "text/html; charset=utf-8");
  assert.match(page.headers.get("content-security-policy")!, /default-src 'none'/);
  const html = await page.text();
  for (const [, file] of html.matchAll(/(?:src|href)="(\w+\.\w+)"/g)) {
    const response = await get(`/${file}`);
    assert.equal(response.status, 200, file);
    await response.body?.cancel();
  }
  for (const path of ["/../deno.json", "/..%2fdeno.json", "/deno.json", "/page", "//etc/passwd"]) {
    assert.equal((await get(path)).status, 404, path);
  }
});
