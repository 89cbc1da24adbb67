// The bundle of `deno task bundle` in every runtime that is installed here: the same faces everywhere.
import assert from "node:assert/strict";
import { decodeImage } from "../../lib/codec/decode.ts";
import { encodePng } from "../../lib/codec/encode.ts";
import { createDetector, type Face } from "../../lib/detector/detector.ts";
import { downscale } from "../../lib/image/resample.ts";
import { whyNot } from "../_support/programs.ts";
import { assertSameFaces } from "../_support/same_faces.ts";
import { BUNDLE, DIST, testBundle } from "./bundle.ts";
import { reportOf } from "./chromium.ts";
import { runIn } from "./run_in.ts";
import { CHROMIUM, NODES, WORKERD } from "./runtimes.ts";
import { withWorkerd } from "./workerd.ts";

const ROOT = new URL("../../", import.meta.url);
const HERE = new URL("./", import.meta.url);
const JPEG = new URL("data/samples/sample2.jpg", ROOT);
const WEBP = new URL("tests/fixtures/images/lossy.webp", ROOT);

/** A photo, encoded in a way that all runtimes read alike, and its faces. */
const image = downscale(await decodeImage(await Deno.readFile(JPEG)), 640);
const png = encodePng(image);
using detector = await createDetector();
const expected = await detector.detect(image);
const expectedInJpeg = await detector.detect(await Deno.readFile(JPEG));

/** The faces of the PNG, whose pixels are the same everywhere. */
function assertExpected(faces: readonly Face[], where?: string): void {
  assert.ok(expected.length > 0);
  assertSameFaces(faces, expected, { where });
}

/** A program of someone who has nothing but an address of the bundle. */
const consumer = (address: string) => `
import { createDetector } from "${address}";
using detector = await createDetector();
const faces = await detector.detect(await new Response(Deno.stdin.readable).bytes());
const tensors = await createDetector({ device: "wasm" }).catch(({ name }) => name);
console.log(JSON.stringify({ device: detector.device.name, faces, tensors }));
`;

function assertConsumed(output: string): void {
  const { device, faces, tensors } = JSON.parse(output);
  assert.deepEqual([device, tensors], ["engine", "DeviceUnavailableError"]);
  assertExpected(faces);
}

testBundle(
  "the bundles are as small as they are meant to be, and name no package",
  null,
  async () => {
    const limits = {
      "tinyface.js": 1_500_000,
      "tinyface-core.js": 150_000,
      "handler.js": 60_000,
    };
    for (const [name, limit] of Object.entries(limits)) {
      const code = await Deno.readTextFile(new URL(name, DIST));
      assert.ok(code.length < limit, `${name} has ${code.length} bytes`);
      assert.ok(!/npm:|["'`]node:|tensorflow/.test(code), name);
      assert.ok(!code.includes(ROOT.pathname), `${name} names a folder of this machine`);
    }
  },
);

testBundle("tinyface.js finds faces in Deno from a file, with no permission", null, async () => {
  const address = BUNDLE.href;
  const args = ["run", "--quiet", "--no-prompt", "--no-lock", "consumer.ts"];
  const files = { "consumer.ts": consumer(address), "deno.json": "{}" };
  assertConsumed(await runIn(files, "deno", args, png));
});

testBundle(
  "tinyface.js finds faces in Deno from an address, with no permission",
  null,
  async () => {
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async () =>
        new Response(await Deno.readFile(BUNDLE), {
          headers: { "content-type": "text/javascript" },
        }),
    );
    const host = `127.0.0.1:${server.addr.port}`;
    const args = ["run", "--quiet", "--no-prompt", "--no-lock", `--allow-import=${host}`];
    const files = { "consumer.ts": consumer(`http://${host}/tinyface.js`), "deno.json": "{}" };
    assertConsumed(await runIn(files, "deno", [...args, "consumer.ts"], png));
  },
);

testBundle("tinyface.d.ts types a program", null, async () => {
  const program = (member: string) => `
// @ts-types="${new URL("tinyface.d.ts", DIST).href}"
import { createDetector, type Face } from "${BUNDLE.href}";
const faces: Face[] = await (await createDetector({ device: "engine" })).detect(new Uint8Array());
export const x: number = faces[0]!.box.${member};
`;
  const args = ["check", "--quiet", "--no-lock", "program.ts"];
  await runIn({ "program.ts": program("x"), "deno.json": "{}" }, "deno", args);
  const wrong = runIn({ "program.ts": program("left"), "deno.json": "{}" }, "deno", args);
  await assert.rejects(wrong, /Property 'left' does not exist on type 'FaceBox'/);
});

testBundle("tinyface-core.js takes weights, and says that it has none", null, async () => {
  const core = await import(new URL("tinyface-core.js", DIST).href);
  await assert.rejects(core.createDetector(), { name: "RangeError", message: /no weights ship/ });
  const weights = await Deno.readFile(new URL("data/models/edge.safetensors", ROOT));
  using detector = await core.createDetector({ weights });
  assertExpected(await detector.detect(image));
});

for (const [name, command] of Object.entries(NODES)) {
  testBundle(`tinyface.js finds faces in ${name}`, whyNot(command), async () => {
    const script = new URL("detect.mjs", HERE).pathname;
    const args = [script, BUNDLE.pathname, "photo.png", JPEG.pathname, WEBP.pathname];
    const found = JSON.parse(await runIn({ "photo.png": png }, command, args));
    assert.equal(found.device.name, "engine");
    assertExpected(found.faces);
    assert.deepEqual(found.again, found.faces);
    // The decoder is another one.
    assertSameFaces(found.fromJpeg, expectedInJpeg, { boxPx: 10, score: 0.02 });
    assert.match(found.refused, /^ImageDecodeError: .*this runtime has no image decoder/);
    assert.match(found.tensors, /^DeviceUnavailableError: .*this bundle has the engine only/);
  });
}

testBundle("tinyface.js finds faces in a page and in its worker", whyNot(CHROMIUM), async () => {
  const report = await reportOf({
    "page.html": new URL("page.html", HERE),
    "page_worker.js": new URL("page_worker.js", HERE),
    "photo.png": png,
  });
  const { device, ...found } = report as { device: { name: string } } & Record<string, Face[]>;
  assert.equal(device.name, "engine");
  assert.deepEqual(Object.keys(found), ["canvas", "blob", "response", "worker"]);
  for (const [way, faces] of Object.entries(found)) assertExpected(faces, way);
});

testBundle(
  "tinyface.js finds faces in workerd",
  whyNot(WORKERD),
  () =>
    withWorkerd("worker.js", async (address) => {
      const ask = async (body: BodyInit) =>
        await (await fetch(address, { method: "POST", body })).json();
      const { device, faces } = await ask(png);
      assert.deepEqual(device, { name: "engine", reason: "own WebAssembly, as given" });
      assertExpected(faces);
      const { error } = await ask("this is no photo");
      assert.match(error, /^ImageDecodeError: /);
      assert.deepEqual((await ask(png)).faces, faces);
    }),
);

testBundle(
  "handler.js serves in workerd",
  whyNot(WORKERD),
  () =>
    withWorkerd("service.js", async (address) => {
      const ask = async (path: string, body?: BodyInit, type = "image/png") => {
        const posted = { method: "POST", headers: { "content-type": type } };
        const response = await fetch(address + path, body === undefined ? {} : { ...posted, body });
        return [response.status, await response.json()] as const;
      };
      assert.equal((await ask("health"))[0], 200);
      const [status, { faces }] = await ask("", png);
      assert.equal(status, 200);
      assertExpected(faces);
      const refused = {
        415: await ask("", "{}", "application/json"),
        422: await ask("", png.slice(0, 5000)),
        413: await ask("", new Uint8Array(11 * 2 ** 20)),
        404: await ask("nowhere"),
      };
      for (const [expected, [found, answer]] of Object.entries(refused)) {
        assert.equal(found, Number(expected), JSON.stringify(answer));
        assert.match(answer.error.message, /^Cannot /);
      }
      assert.deepEqual((await ask("", png))[1].faces, faces);
    }),
);

testBundle("dist/ is a package that npm packs and installs", whyNot("npm"), async () => {
  const pack = ["pack", DIST.pathname, "--silent", "--pack-destination", "."];
  const program = `
import { createDetector } from "@tinyface/tinyface";
import { createHandler } from "@tinyface/tinyface/handler";
import { readFile } from "node:fs/promises";
const faces = await (await createDetector()).detect(await readFile("photo.png"));
const health = await createHandler(createDetector).fetch(new Request("http://host/health"));
console.log(JSON.stringify({ faces, health: health.status }));
`;
  const commands = [
    `npm ${pack.join(" ")}`,
    "npm install --silent --offline --no-audit ./*.tgz",
    "node program.mjs",
  ];
  const files = { "program.mjs": program, "photo.png": png, "package.json": "{}" };
  const output = await runIn(files, "sh", ["-c", commands.join(" >&2 && ")]);
  const { faces, health } = JSON.parse(output);
  assertExpected(faces);
  assert.equal(health, 200);
});

Deno.test("the repository is a package that deno publishes", async () => {
  const { success, stderr } = await new Deno.Command("deno", {
    args: ["publish", "--dry-run", "--allow-dirty", "--quiet"],
    cwd: ROOT.pathname,
    stdout: "null",
    stderr: "piped",
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr).slice(-2000));
});

Deno.test("mod.ts finds faces from an address, with no permission and no package", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async ({ url }) => {
      const source = await Deno.readFile(new URL(`.${new URL(url).pathname}`, ROOT));
      return new Response(source, { headers: { "content-type": "text/typescript" } });
    },
  );
  const host = `127.0.0.1:${server.addr.port}`;
  const program = `
import { createDetector } from "http://${host}/mod.ts";
using detector = await createDetector();
const faces = await detector.detect(await new Response(Deno.stdin.readable).bytes());
console.log(JSON.stringify({ device: detector.device.name, faces }));
`;
  const args = ["run", "--quiet", "--no-prompt", "--no-lock", `--allow-import=${host}`];
  const files = { "consumer.ts": program, "deno.json": "{}" };
  const { device, faces } = JSON.parse(await runIn(files, "deno", [...args, "consumer.ts"], png));
  assert.equal(device, "engine");
  assertExpected(faces);
});
