// The demo page in real Chromium. Run by demo_test.ts in a process of its own: the browser's driver
// wants all permissions, and its package stays out of the lock file.
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { fileURLToPath } from "node:url";
import { serveDemo } from "../../lib/cli/tools/serve_demo.ts";
import { encodePng } from "../../lib/codec/encode.ts";
import { type Browser, chromium, type Page } from "../../lib/deps/playwright.ts";
import { createDetector } from "../../lib/detector/detector.ts";

const SAMPLES = ["sample1.jpg", "sample2.jpg"]
  .map((name) => fileURLToPath(new URL(`../../data/samples/${name}`, import.meta.url)));
const PATIENCE = { timeout: 30_000 };

const DESKTOP = { viewport: { width: 1280, height: 900 } };
const PHONE = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};

interface Visit {
  readonly page: Page;
  /** Addresses and methods of all requests so far. */
  readonly requests: string[];
  /** What went wrong in the page so far. */
  readonly faults: string[];
  /** Takes the server away. */
  readonly unplug: () => Promise<void>;
}

/** Opens the page afresh, waits until it can find faces, and closes everything afterwards. */
async function visit(
  options: NonNullable<Parameters<Browser["newContext"]>[0]>,
  body: (visit: Visit) => Promise<void>,
): Promise<void> {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, serveDemo);
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"],
  });
  const requests: string[] = [], faults: string[] = [];
  let plugged = true;
  const unplug = async () => {
    plugged = false;
    await server.shutdown();
  };
  try {
    const page = await (await browser.newContext(options)).newPage();
    page.on("request", (request) => requests.push(`${request.method()} ${request.url()}`));
    page.on("pageerror", ({ message }) => faults.push(message));
    page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
    await page.goto(`http://localhost:${server.addr.port}/`);
    await page.getByText(/^Ready: .+ on /).waitFor(PATIENCE);
    await body({ page, requests, faults, unplug });
  } finally {
    await browser.close();
    if (plugged) await server.shutdown();
  }
}

const results = (page: Page) => page.locator("figure canvas[aria-label]");

async function choose(page: Page, files: Parameters<Page["setInputFiles"]>[1], count: number) {
  await page.setInputFiles("#files", files);
  await results(page).nth(count - 1).waitFor(PATIENCE);
}

async function labelsOf(page: Page): Promise<string[]> {
  const labels = await results(page).all();
  return await Promise.all(labels.map(async (l) => (await l.getAttribute("aria-label"))!));
}

const scoresIn = (label: string) =>
  [...label.matchAll(/(\d+)%/g)].map(([, score]) => Number(score));

const setThreshold = (page: Page, percent: number) =>
  page.getByRole("slider", { name: /Least score/ }).fill(String(percent));

/** As much of a page's canvas as is used here; Deno's types know no page. */
interface HtmlCanvas {
  getContext(kind: "2d"): {
    getImageData(x: number, y: number, width: number, height: number): { data: Uint8ClampedArray };
  };
}

/** Unlikeness of neighbouring pixels in a square of a canvas, in levels. */
function roughness(page: Page, x: number, y: number, side: number): Promise<number> {
  const square = { x, y, side };
  return results(page).first().evaluate((canvas, { x, y, side }) => {
    const context = (canvas as unknown as HtmlCanvas).getContext("2d");
    const { data } = context.getImageData(x, y, side, side);
    let sum = 0;
    for (let p = 4; p < data.length; p += 4) sum += Math.abs(data[p]! - data[p - 4]!);
    return sum / side ** 2;
  }, square);
}

Deno.test("photos get the faces that the library finds, and nothing is sent anywhere", async () => {
  await visit(DESKTOP, async ({ page, requests, faults }) => {
    const before = requests.length;
    await choose(page, SAMPLES, 2);
    const labels = await labelsOf(page); // the last photo comes first
    using detector = await createDetector();
    for (const [i, path] of SAMPLES.toReversed().entries()) {
      // The page makes photos smaller in its own way before the detector does: doubtful faces differ.
      const expected = (await detector.detect(await Deno.readFile(path)))
        .map(({ score }) => Math.round(100 * score)).filter((score) => score >= 60);
      const scores = scoresIn(labels[i]!).slice(0, expected.length);
      assert.ok(expected.length >= 2 && scores.length === expected.length, labels[i]);
      scores.forEach((score, f) =>
        assert.ok(Math.abs(score - expected[f]!) <= 6, `${labels[i]}: expected ${expected}`)
      );
    }
    await page.getByText(/^\d+ faces in 2 pictures, the last took \d+ ms$/).waitFor(PATIENCE);
    assert.deepEqual(requests.slice(before).filter((request) => !request.includes("blob:")), []);
    assert.ok(requests.every((request) => /^GET (http:\/\/localhost|blob:)/.test(request)));
    assert.deepEqual(faults, []);
  });
});

Deno.test("the threshold and the blur act at once, and what is blurred has no face left", async () => {
  await visit(DESKTOP, async ({ page }) => {
    await choose(page, SAMPLES[0]!, 1);
    const all = scoresIn((await labelsOf(page))[0]!).length;
    await setThreshold(page, 100);
    assert.match((await labelsOf(page))[0]!, /no faces/);
    await setThreshold(page, 5);
    assert.ok(scoresIn((await labelsOf(page))[0]!).length >= all);
    await setThreshold(page, 50);

    using detector = await createDetector();
    const [face] = await detector.detect(await Deno.readFile(SAMPLES[0]!));
    const { x, y, width, height } = face!.box, side = Math.round(width / 2);
    const square = [x + width / 2 - side / 2, y + height / 2 - side / 2, side].map(Math.round);
    const [left, top, size] = square as [number, number, number];
    const bare = await roughness(page, left, top, size);
    await page.getByRole("switch", { name: "Blur faces" }).check();
    const blurred = await roughness(page, left, top, size);
    assert.ok(blurred < bare / 3, `${bare} to ${blurred}`);

    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save sample1.jpg as it is shown" }).click();
    assert.equal((await download).suggestedFilename(), "sample1.faces.jpg");
  });
});

Deno.test("a file that is no photo is reported, and the next one is looked at", async () => {
  await visit(DESKTOP, async ({ page, faults }) => {
    const png = encodePng({ width: 40, height: 30, data: new Uint8Array(3600).fill(90) });
    const file = (name: string, bytes: Uint8Array) => ({
      name,
      mimeType: "image/png",
      buffer: Buffer.from(bytes),
    });
    await choose(page, [file("broken.jpg", png.subarray(0, 30)), file("grey.png", png)], 1);
    assert.deepEqual(await labelsOf(page), ["grey.png: no faces"]);
    await page.locator("figure", { hasText: "broken.jpg" }).getByText(/damaged/).waitFor(PATIENCE);
    await page.getByRole("button", { name: "Remove broken.jpg" }).click();
    await page.getByRole("button", { name: "Remove all" }).click();
    assert.equal(await page.locator("figure").count(), 0);
    assert.deepEqual(faults, []);
  });
});

Deno.test("the camera is shown with what is found on it until it is stopped", async () => {
  await visit({ ...PHONE, permissions: ["camera"] }, async ({ page, faults }) => {
    await page.getByRole("button", { name: "Use the camera" }).tap();
    const note = page.locator("figure", { hasText: "Camera" }).getByText(/ms, \d+ a second/);
    await note.waitFor(PATIENCE);
    await page.getByRole("button", { name: "Stop the camera" }).tap();
    await page.waitForTimeout(200);
    const last = await note.textContent();
    await page.waitForTimeout(300);
    assert.equal(await note.textContent(), last);
    assert.deepEqual(faults, []);
  });
});

Deno.test("the page opens and finds faces without a network", async () => {
  await visit(DESKTOP, async ({ page, unplug }) => {
    await page.evaluate("navigator.serviceWorker.ready");
    await unplug();
    await page.reload();
    await page.getByText(/^Ready: .+ on /).waitFor(PATIENCE);
    await choose(page, SAMPLES[0]!, 1);
    assert.ok(scoresIn((await labelsOf(page))[0]!).length > 0);
  });
});

Deno.test("every control is reached and worked by keyboard, with its focus in sight", async () => {
  await visit(DESKTOP, async ({ page }) => {
    await choose(page, SAMPLES[0]!, 1);
    const reached: string[] = [];
    for (let i = 0; i < 9; i++) {
      await page.keyboard.press("Tab");
      const focus = await page.evaluate(`(() => {
        const at = document.activeElement, shown = at.closest(".drop") ?? at;
        return [at.id || at.getAttribute("aria-label") || at.className, getComputedStyle(shown).outlineStyle];
      })()`) as [string, string];
      reached.push(focus[0]);
      assert.notEqual(focus[1], "none", focus[0]);
      if (focus[0] === "threshold") await page.keyboard.press("End");
      if (focus[0] === "blur") await page.keyboard.press("Space");
      if (focus[0] === "theme") await page.keyboard.press("Enter");
    }
    assert.deepEqual(reached, [
      ...["skip", "theme", "files", "camera", "threshold", "blur", "clear"],
      "Save sample1.jpg as it is shown",
      "Remove sample1.jpg",
    ]);
    assert.match((await labelsOf(page))[0]!, /no faces/, "100% is the slider's end");
    assert.ok(await page.getByRole("switch", { name: "Blur faces" }).isChecked());
    assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
  });
});

Deno.test("it is dark where the system is, and fits a phone without scrolling sideways", async () => {
  await visit({ ...PHONE, colorScheme: "dark" }, async ({ page }) => {
    await choose(page, SAMPLES[0]!, 1);
    const ground = await page.evaluate("getComputedStyle(document.body).backgroundColor") as string;
    const [red] = ground.match(/\d+/g)!.map(Number);
    assert.ok(red! < 60, ground);
    const width = await page.evaluate("document.documentElement.scrollWidth");
    assert.equal(width, PHONE.viewport.width);
    for (const button of await page.getByRole("button").all()) {
      const { height } = (await button.boundingBox())!;
      assert.ok(height >= 36, `${await button.textContent()}: ${height} px`);
    }
  });
});
