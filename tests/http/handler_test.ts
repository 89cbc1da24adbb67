// The web service: what it answers, and that nothing a stranger sends breaks it.
import assert from "node:assert/strict";
import { selectDevice } from "../../lib/backends/device.ts";
import { decodeImage, ImageDecodeError } from "../../lib/codec/decode.ts";
import { encodePng } from "../../lib/codec/encode.ts";
import { createDetector } from "../../lib/detector/detector.ts";
import { createHandler, type HandlerOptions, type ServedDetector } from "../../lib/http/handler.ts";

const PHOTO = await Deno.readFile(new URL("../../data/samples/sample1.jpg", import.meta.url));
const ADDRESS = "http://service/";

await selectDevice("wasm"); // a backend, once started, outlives the test that started it
const detector = await createDetector();

/** A detector that waits until it is told to go on. */
function slowDetector() {
  const calls: PromiseWithResolvers<void>[] = [];
  const slow: ServedDetector = {
    model: "tiny",
    detect: async () => {
      calls.push(Promise.withResolvers());
      await calls.at(-1)!.promise;
      return [];
    },
  };
  return { slow, calls };
}

const service = (options: HandlerOptions = {}) =>
  createHandler(() => Promise.resolve(detector), options);

function post(
  body: BodyInit | null,
  { type = "image/jpeg", query = "", accept }: {
    type?: string | null;
    query?: string;
    accept?: string;
  } = {},
): Request {
  const headers = { ...(type ? { "content-type": type } : {}), ...(accept ? { accept } : {}) };
  return new Request(ADDRESS + query, { method: "POST", body, headers });
}

async function assertError(response: Response, status: number, code: string): Promise<void> {
  const { error } = await response.json();
  assert.deepEqual([response.status, error.code], [status, code], error.message);
  assert.match(error.message, /^[A-Z].*[^.]$/);
  assert.equal(response.headers.get("content-type"), "application/json");
}

Deno.test("a photo in the body is answered with the faces that the detector finds", async () => {
  const response = await service().fetch(post(PHOTO));
  assert.equal(response.status, 200);
  const { width, height, faces, ms, model } = await response.json();
  const image = await decodeImage(PHOTO), expected = await detector.detect(image);
  assert.deepEqual([width, height, model], [image.width, image.height, detector.model]);
  assert.ok(expected.length > 0 && ms.decode > 0 && ms.detect > 0);
  assert.equal(faces.length, expected.length);
  for (const [i, { box, score }] of expected.entries()) {
    assert.ok(Math.abs(faces[i].box.x - box.x) <= 0.005 && Math.abs(faces[i].score - score) < 1e-4);
  }
});

Deno.test("a photo in a form is answered alike, and parameters count in form and address", async () => {
  const form = (fields: Record<string, string> = {}) => {
    const data = new FormData();
    data.set("photo", new Blob([PHOTO]), "a.jpg");
    for (const [name, value] of Object.entries(fields)) data.set(name, value);
    return data;
  };
  const facesOf = async (request: Request) => (await (await service().fetch(request)).json()).faces;
  const expected = await facesOf(post(PHOTO));
  assert.deepEqual(await facesOf(post(form(), { type: null })), expected);
  assert.equal((await facesOf(post(form({ maxFaces: "1" }), { type: null }))).length, 1);
  const sure = await facesOf(post(form({ threshold: "0" }), { type: null, query: "?threshold=1" }));
  assert.deepEqual(sure, [], "the address has the last word");
});

Deno.test("the annotated photo comes by parameter or Accept, as JPEG or PNG", async () => {
  const image = await decodeImage(PHOTO);
  const wishes = [
    [{ query: "?output=annotated" }, "image/jpeg"],
    [{ query: "?output=annotated", accept: "text/html,image/webp,*/*;q=0.8" }, "image/jpeg"],
    [{ accept: "image/*" }, "image/jpeg"],
    [{ accept: "image/png, application/json;q=0.5" }, "image/png"],
  ] as const;
  for (const [wish, type] of wishes) {
    const response = await service().fetch(post(PHOTO, wish));
    assert.equal(response.headers.get("content-type"), type);
    const picture = await decodeImage(new Uint8Array(await response.arrayBuffer()));
    assert.deepEqual([picture.width, picture.height], [image.width, image.height]);
    const faces = Number(response.headers.get("x-faces"));
    assert.equal(faces, (await detector.detect(image)).length);
    const changed = picture.data.filter((value, i) => Math.abs(value - image.data[i]!) > 60).length;
    assert.ok(changed > 1000, "boxes are drawn");
  }
});

Deno.test("the blurred photo hides what is found, and more than that, and leaves the rest", async () => {
  const response = await service().fetch(
    post(PHOTO, { query: "?output=blurred", accept: "image/png" }),
  );
  assert.equal(response.headers.get("content-type"), "image/png");
  const image = await decodeImage(PHOTO), found = await detector.detect(image);
  assert.ok(Number(response.headers.get("x-faces")) >= found.length);
  const { data } = await decodeImage(new Uint8Array(await response.arrayBuffer()));
  for (const { box } of found) {
    const x = Math.round(box.x + box.width / 2), y = Math.round(box.y + box.height / 2);
    let changed = 0;
    for (let k = -20; k < 20; k++) {
      const o = 3 * (y * image.width + x + k);
      if (Math.abs(data[o]! - image.data[o]!) > 2) changed++;
    }
    assert.ok(changed > 20, "the middle of the face is another one");
  }
  const same = data.filter((value, i) => value === image.data[i]).length;
  assert.ok(same > data.length / 2);
});

Deno.test("GET / explains the service, GET /health tells that it works, HEAD leaves the body out", async () => {
  const get = (path: string, init: RequestInit = {}) =>
    service().fetch(new Request(new URL(path, ADDRESS), init));
  const usage = await (await get("/")).json();
  assert.deepEqual(usage.limits, { maxBodyBytes: 10485760, maxPixels: 32e6 });
  assert.equal(usage.service, "tinyface");
  const page = await get("/", { headers: { accept: "text/html" } });
  assert.match(page.headers.get("content-security-policy")!, /default-src 'none'/);
  assert.match(await page.text(), /<form method="post"/);
  assert.deepEqual(await (await get("/health")).json(), {
    status: "ok",
    model: detector.model,
    inside: 0,
  });
  const head = await get("/health", { method: "HEAD" });
  assert.deepEqual([head.status, await head.text()], [200, ""]);
});

/** The header of a PNG that unpacks to this many pixels on a side. */
function bomb(side: number): Uint8Array<ArrayBuffer> {
  const png = encodePng({ width: 1, height: 1, data: new Uint8Array(3) });
  new DataView(png.buffer).setUint32(16, side);
  new DataView(png.buffer).setUint32(20, side);
  return png;
}

Deno.test("what cannot be answered gets a status, a code and a sentence, and the next photo its faces", async () => {
  const handler = service({ maxBodyBytes: 1e6, maxPixels: 4e6 });
  const cases: [Request, number, string][] = [
    [post(null), 400, "empty"],
    [post(""), 400, "empty"],
    [post("hello"), 422, "not_an_image"],
    [post(PHOTO.slice(0, 20_000)), 422, "truncated"],
    [post(PHOTO.slice(0, 3)), 422, "truncated"],
    [post(bomb(60_000)), 413, "too_large"],
    [post(bomb(2 ** 32 - 1)), 413, "too_large"],
    [post(new Uint8Array(1e6 + 1)), 413, "too_large"],
    [post("<svg xmlns='http://www.w3.org/2000/svg'/>"), 415, "unsupported"],
    [post(PHOTO, { type: "text/plain" }), 415, "unsupported_type"],
    [post(PHOTO, { type: "application/json" }), 415, "unsupported_type"],
    [post(PHOTO, { type: "multipart/form-data" }), 400, "bad_form"],
    [post(PHOTO, { type: "multipart/form-data; boundary=x" }), 400, "bad_form"],
    [post(new FormData(), { type: null }), 400, "no_photo"],
    [post(PHOTO, { query: "?threshold=2" }), 400, "bad_parameter"],
    [post(PHOTO, { query: "?threshold=" }), 400, "bad_parameter"],
    [post(PHOTO, { query: "?maxFaces=0.5" }), 400, "bad_parameter"],
    [post(PHOTO, { query: "?treshold=0.5" }), 400, "bad_parameter"],
    [post(PHOTO, { query: "?output=toString" }), 400, "bad_parameter"],
    [post(PHOTO, { accept: "text/plain" }), 406, "not_acceptable"],
    [
      post(PHOTO, { query: "?output=annotated", accept: "application/json" }),
      406,
      "not_acceptable",
    ],
    [post(PHOTO, { query: "detect" }), 404, "not_found"],
    [new Request(`${ADDRESS}constructor`), 404, "not_found"],
    [new Request(ADDRESS, { method: "DELETE" }), 405, "method_not_allowed"],
    [new Request(`${ADDRESS}health`, { method: "POST" }), 405, "method_not_allowed"],
  ];
  for (const [request, status, code] of cases) {
    await assertError(await handler.fetch(request), status, code);
  }
  // What is sent as one kind of image and is another is a photo all the same.
  assert.equal((await handler.fetch(post(PHOTO, { type: "image/png" }))).status, 200);
});

Deno.test("a body that never ends is cut off by its size or its time, and one that breaks is told", async () => {
  let cancelled = 0;
  const endless = (pull: UnderlyingDefaultSource<Uint8Array>["pull"]) =>
    post(new ReadableStream<Uint8Array>({ pull: pull!, cancel: () => void cancelled++ }));
  const handler = service({ maxBodyBytes: 1e5, bodyTimeoutMs: 50 });
  const flood = endless((controller) => controller.enqueue(new Uint8Array(1e4)));
  await assertError(await handler.fetch(flood), 413, "too_large");
  await assertError(await handler.fetch(endless(() => new Promise(() => {}))), 408, "too_slow");
  const broken = endless((controller) => controller.error(new Error("gone")));
  await assertError(await handler.fetch(broken), 400, "broken_off");
  assert.equal(cancelled, 2);
  assert.equal((await handler.fetch(new Request(`${ADDRESS}health`))).status, 200);
});

Deno.test("few work at a time, some wait, the others are sent away at once", async () => {
  const { slow, calls } = slowDetector();
  const handler = createHandler(() => Promise.resolve(slow), { concurrency: 2, maxWaiting: 1 });
  const until = async (condition: () => boolean | Promise<boolean>) => {
    while (!await condition()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  const small = encodePng({ width: 8, height: 8, data: new Uint8Array(192) });
  const inside = async () =>
    (await (await handler.fetch(new Request(`${ADDRESS}health`))).json()).inside;
  const three = [1, 2, 3].map(() => handler.fetch(post(small)));
  await until(() => calls.length === 2);
  assert.equal(await inside(), 3);
  const refused = await handler.fetch(post(small));
  assert.equal(refused.headers.get("retry-after"), "1");
  await assertError(refused, 503, "busy");
  calls[0]!.resolve();
  await until(() => calls.length === 3); // the one that waited took over
  for (const { resolve } of calls) resolve();
  assert.deepEqual((await Promise.all(three)).map(({ status }) => status), [200, 200, 200]);
  assert.equal(await inside(), 0);
});

Deno.test("a detector that fails is no news to strangers, and one that does not start is tried again", async () => {
  let attempts = 0;
  const failing: ServedDetector = {
    model: "tiny",
    detect: () => Promise.reject(new Error("secret")),
  };
  const handler = createHandler(() =>
    ++attempts === 1
      ? Promise.reject(new ImageDecodeError("corrupt", "secret"))
      : Promise.resolve(failing)
  );
  await assertError(await handler.fetch(new Request(`${ADDRESS}health`)), 503, "no_detector");
  const response = await handler.fetch(post(PHOTO));
  assert.doesNotMatch(await response.clone().text(), /secret/);
  await assertError(response, 500, "internal");
});

/** Sends bytes as they are and gives what comes back until the other side closes or `forMs` passes. */
async function raw(port: number, text: string, body: Uint8Array, forMs: number): Promise<string> {
  using connection = await Deno.connect({ port });
  await connection.write(new TextEncoder().encode(text));
  await connection.write(body);
  const buffer = new Uint8Array(65536);
  const read = connection.read(buffer).catch(() => null);
  const silence = Promise.withResolvers<null>();
  const timer = setTimeout(() => silence.resolve(null), forMs);
  const length = await Promise.race([read, silence.promise]);
  clearTimeout(timer);
  return new TextDecoder().decode(buffer.subarray(0, length ?? 0));
}

Deno.test({
  name: "served over TCP, lies about the length and clients that leave do no harm",
  sanitizeOps: false, // a read of a connection that is dropped ends when it likes
  fn: async () => {
    const handler = service({ bodyTimeoutMs: 300 });
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      handler.fetch,
    );
    const { port } = server.addr;
    const head = (length: number) =>
      "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\n" +
      `Content-Length: ${length}\r\nConnection: close\r\n\r\n`;
    const patience = 5000;
    assert.match(await raw(port, head(PHOTO.length), PHOTO, patience), /^HTTP\/1.1 200/);
    // Too short: the rest never comes. Too long: a file that ends early is cut off.
    assert.match(await raw(port, head(PHOTO.length + 99), PHOTO, patience), /^HTTP\/1.1 408/);
    assert.match(await raw(port, head(20_000), PHOTO.slice(0, 20_000), patience), /^HTTP\/1.1 422/);
    assert.match(await raw(port, head(1e9), PHOTO.slice(0, 10), patience), /^HTTP\/1.1 413/);
    for (let i = 0; i < 8; i++) await raw(port, head(PHOTO.length), PHOTO.slice(0, 5000), 1); // gone
    await new Promise((resolve) => setTimeout(resolve, 400));
    const health = await (await fetch(`http://127.0.0.1:${port}/health`)).json();
    assert.deepEqual(health, { status: "ok", model: detector.model, inside: 0 });
  },
});
