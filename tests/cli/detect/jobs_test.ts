import assert from "node:assert/strict";
import { parseJob, photosOfJobs } from "../../../lib/cli/detect/jobs.ts";
import { keyOf } from "../../../lib/cli/detect/photos.ts";

Deno.test("parseJob() takes a path, an address or Base64, and keeps the id as it is", async () => {
  const path = parseJob('{"id": 17, "path": "a b/ü.jpg"}', "line 1");
  assert.deepEqual([path.id, path.path, path.outputName], [17, "a b/ü.jpg", "ü"]);
  const url = parseJob('{"url": "http://x.org/a/b c.jpg?size=3#top"}', "line 1");
  assert.deepEqual([url.id, keyOf(url), url.outputName], [undefined, url.path, "b_c"]);
  const bytes = parseJob('{"id": "../x y", "base64": "AQID"}', "line 1");
  assert.deepEqual([bytes.path, bytes.outputName], ["../x y", "_x_y"]);
  assert.deepEqual(await bytes.read(), Uint8Array.of(1, 2, 3));
});

Deno.test("parseJob() gives a photo that fails for what is no job", async () => {
  for (
    const [text, problem] of [
      ["photo.jpg", "it is not JSON, expected"],
      ["[1]", "it is no object, expected"],
      ["null", "it is no object, expected"],
      ['{"id": 3}', "it names no photo, expected"],
      ['{"id": 3, "path": "a", "url": "b"}', "it names its photo twice, expected"],
      ['{"id": 3, "path": 4}', 'its "path" is no text'],
      ['{"id": {}, "path": "a"}', "its id is no text or number, expected"],
      ['{"base64": "AQID"}', "it has no id, expected"],
    ] as const
  ) {
    const photo = parseJob(text, "line 8");
    await assert.rejects(photo.read(), (error: Error & { code: string }) => {
      assert.ok(
        error.message.startsWith(`Cannot read the job at line 8: ${problem}`),
        error.message,
      );
      return error.code === "bad_job";
    });
  }
  assert.equal(parseJob('{"id": 3}', "line 8").id, 3);
  await assert.rejects(parseJob('{"id": 3, "base64": "?"}', "line 8").read(), /it is no Base64/);
});

Deno.test("photosOfJobs() numbers lines as an editor does", async () => {
  async function* stream() {
    yield new TextEncoder().encode('{"path": "a"}\n\n?\n');
  }
  const photos = await Array.fromAsync(photosOfJobs(stream()));
  assert.deepEqual(photos.map(({ path }) => path), ["a", "line 3"]);
});

Deno.test("a photo from the web is read, or the address is named with what is wrong", async () => {
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    (request) =>
      request.url.endsWith("/photo")
        ? new Response(Uint8Array.of(1, 2))
        : new Response("", { status: 404 }),
  );
  const base = `http://127.0.0.1:${server.addr.port}`;
  const read = (url: string) => parseJob(JSON.stringify({ url }), "line 1").read();
  assert.deepEqual(await read(`${base}/photo`), Uint8Array.of(1, 2));
  await assert.rejects(read(`${base}/x`), {
    message: `Cannot fetch "${base}/x": the server answered "404"`,
  });
  await assert.rejects(read("file:///etc/passwd"), /it is no http: or https: address/);
});
