// Downloads from a server on this machine that can break off, lie and refuse.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { download } from "../../../lib/cli/data/download.ts";

const CONTENT = Uint8Array.from({ length: 300_000 }, (_, k) => k * 31 % 251);
const EXPECTED = {
  bytes: CONTENT.length,
  sha256: createHash("sha256").update(CONTENT).digest("hex"),
};
const NO_WAITS = { waitsMs: [0, 0] };

/** What the server does with its n-th request; the last one is repeated. */
type Answer = (range: number, request: Request) => Response;

function bytesFrom(start: number, content = CONTENT): Response {
  const headers = { "content-range": `bytes ${start}-${content.length - 1}/${content.length}` };
  return new Response(content.slice(start), start > 0 ? { status: 206, headers } : {});
}

/** Promises the whole rest, sends as far as `end` and breaks the connection. */
function brokenAt(end: number): Answer {
  return (start) => {
    const headers = {
      "content-length": `${CONTENT.length - start}`,
      "content-range": `bytes ${start}-${CONTENT.length - 1}/${CONTENT.length}`,
    };
    return new Response(new Blob([CONTENT.slice(start, end)]).stream(), { status: 206, headers });
  };
}

const whole: Answer = (start) => bytesFrom(start);

interface Setting {
  readonly url: string;
  readonly path: string;
  /** First byte that each request asked for. */
  readonly ranges: number[];
}

async function withServer(answers: readonly Answer[], test: (setting: Setting) => Promise<void>) {
  const ranges: number[] = [];
  const folder = await Deno.makeTempDir();
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const start = Number(/bytes=(\d+)-/.exec(request.headers.get("range") ?? "")?.[1] ?? 0);
    ranges.push(start);
    return answers[Math.min(ranges.length, answers.length) - 1]!(start, request);
  });
  try {
    await test({
      url: `http://127.0.0.1:${server.addr.port}/file`,
      path: `${folder}/file`,
      ranges,
    });
  } finally {
    await server.shutdown();
    await Deno.remove(folder, { recursive: true });
  }
}

async function names(path: string): Promise<string[]> {
  const folder = path.slice(0, path.lastIndexOf("/"));
  return (await Array.fromAsync(Deno.readDir(folder), (entry) => entry.name)).sort();
}

Deno.test("download() fetches a file once", async () => {
  await withServer([whole], async ({ url, path, ranges }) => {
    const options = { urls: [url], path, ...EXPECTED };
    let seen = 0;
    await download({ ...options, onProgress: (bytes) => seen = bytes });
    assert.deepEqual(await Deno.readFile(path), CONTENT);
    assert.equal(seen, CONTENT.length);
    await download(options);
    assert.equal(ranges.length, 1, "the second run asks for nothing");
    assert.deepEqual(await names(path), ["file"]);
  });
});

Deno.test("download() goes on where the connection broke", async () => {
  await withServer([brokenAt(100_000), brokenAt(250_000), whole], async ({ url, path, ranges }) => {
    await download({ urls: [url], path, ...EXPECTED, ...NO_WAITS });
    assert.deepEqual(await Deno.readFile(path), CONTENT);
    assert.equal(ranges.length, 3);
    assert.ok(ranges[1]! > 0 && ranges[2]! > ranges[1]!, `asked from ${ranges.join()}`);
  });
});

Deno.test("download() goes on with the part of an earlier run", async () => {
  await withServer([whole], async ({ url, path, ranges }) => {
    await Deno.writeFile(`${path}.part`, CONTENT.slice(0, 200_000));
    await download({ urls: [url], path, ...EXPECTED });
    assert.deepEqual(ranges, [200_000]);
    assert.deepEqual(await Deno.readFile(path), CONTENT);
  });
});

Deno.test("download() starts again where a server knows no ranges", async () => {
  await withServer([() => bytesFrom(0)], async ({ url, path }) => {
    await Deno.writeFile(`${path}.part`, new Uint8Array(1000).fill(99));
    await download({ urls: [url], path, ...EXPECTED });
    assert.deepEqual(await Deno.readFile(path), CONTENT);
  });
});

Deno.test("download() takes the next address when a file is wrong", async () => {
  const forged = CONTENT.with(7, 77);
  await withServer([() => bytesFrom(0, forged), whole], async ({ url, path, ranges }) => {
    await download({ urls: [url, url], path, ...EXPECTED, ...NO_WAITS });
    assert.deepEqual(await Deno.readFile(path), CONTENT);
    assert.deepEqual(ranges, [0, 0]);
  });
});

Deno.test("download() leaves nothing of a file that is wrong", async () => {
  const forged = CONTENT.with(7, 77);
  await withServer([() => bytesFrom(0, forged)], async ({ url, path }) => {
    await assert.rejects(download({ urls: [url], path, ...EXPECTED, ...NO_WAITS }), {
      name: "CliError",
      exitCode: 1,
      message:
        /^Cannot download ".*file": 127.0.0.1:\d+: its SHA-256 is "\w{64}", expected "\w{64}"/,
    });
    assert.deepEqual(await names(path), []);
  });
});

Deno.test("download() refuses a file that does not end", async () => {
  const longer = new Uint8Array(400_000);
  await withServer([() => bytesFrom(0, longer)], async ({ url, path }) => {
    await assert.rejects(download({ urls: [url], path, ...EXPECTED, ...NO_WAITS }), {
      message: /it sends more than 300000 bytes/,
    });
    assert.equal((await Deno.stat(`${path}.part`)).size, 0);
  });
});

Deno.test("download() keeps what has arrived when it gives up", async () => {
  const down: Answer = () => new Response(null, { status: 503 });
  await withServer([brokenAt(100_000), down], async ({ url, path, ranges }) => {
    await assert.rejects(download({ urls: [url], path, ...EXPECTED, ...NO_WAITS }), {
      message: /the server answers 503/,
    });
    assert.deepEqual(await Deno.readFile(`${path}.part`), CONTENT.slice(0, 100_000));
    assert.deepEqual(ranges, [0, 100_000, 100_000]);
  });
});

Deno.test("download() asks only once for what is not there", async () => {
  await withServer([() => new Response(null, { status: 404 })], async ({ url, path, ranges }) => {
    await assert.rejects(download({ urls: [url], path, ...EXPECTED, ...NO_WAITS }), {
      message: /127.0.0.1:\d+: the server answers 404/,
    });
    assert.equal(ranges.length, 1);
  });
});

Deno.test("download() replaces a file that is wrong", async () => {
  await withServer([whole], async ({ url, path }) => {
    await Deno.writeTextFile(path, "not it");
    await download({ urls: [url], path, ...EXPECTED });
    assert.deepEqual(await Deno.readFile(path), CONTENT);
  });
});
