// `deno task data wider` on a small WIDER FACE of its own.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { dataCommand } from "../../../lib/cli/data/command.ts";
import { type Archive, WIDER_ARCHIVES } from "../../../lib/datasets/wider_archives.ts";
import { zipOf } from "./zips.ts";

const FACE = "1 2 30 40 0 0 0 0 0 0 \n";
const ZIPS = {
  wider_face_split: await zipOf({
    "wider_face_split/wider_face_train_bbx_gt.txt": `e/a.jpg\n1\n${FACE}e/b.jpg\n2\n${FACE}${FACE}`,
    "wider_face_split/wider_face_val_bbx_gt.txt": `e/c.jpg\n1\n${FACE}`,
  }),
  WIDER_val: await zipOf({ "WIDER_val/images/e/c.jpg": "c" }),
  WIDER_train: await zipOf({
    "WIDER_train/images/e/a.jpg": "a",
    "WIDER_train/images/e/b.jpg": "b",
  }),
};
const PHOTOS = { wider_face_split: 0, WIDER_val: 1, WIDER_train: 2 };

interface Setting {
  readonly root: string;
  readonly requests: string[];
  readonly printed: string[];
  readonly warned: string[];
  run(...args: string[]): Promise<number>;
}

async function setUp(test: (setting: Setting) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir(), requests: string[] = [];
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const name = new URL(request.url).pathname.slice(1);
    requests.push(name);
    return new Response(ZIPS[name.replace(".zip", "") as keyof typeof ZIPS]);
  });
  const archives: Archive[] = WIDER_ARCHIVES.map((archive) => {
    const folder = archive.folder as keyof typeof ZIPS, bytes = ZIPS[folder];
    return {
      ...archive,
      urls: [`http://127.0.0.1:${server.addr.port}/${archive.name}`],
      photos: PHOTOS[folder],
      bytes: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
    };
  });
  const printed: string[] = [], warned: string[] = [];
  const world = {
    archives,
    print: (line: string) => void printed.push(line),
    warn: (line: string) => void warned.push(line),
  };
  const run = (...args: string[]) => dataCommand(args, world);
  try {
    await test({ root, requests, printed, warned, run });
  } finally {
    await server.shutdown();
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("dataCommand() downloads and unpacks, and does so once", async () => {
  await setUp(async ({ root, run, requests, printed, warned }) => {
    const to = `${root}/wider`;
    assert.equal(await run("wider", "--to", to), 0);
    assert.deepEqual(JSON.parse(printed[0]!), {
      train: {
        format: "wider",
        images: `${to}/WIDER_train/images`,
        annotations: `${to}/wider_face_split/wider_face_train_bbx_gt.txt`,
      },
      validation: {
        format: "wider",
        images: `${to}/WIDER_val/images`,
        annotations: `${to}/wider_face_split/wider_face_val_bbx_gt.txt`,
      },
    });
    assert.ok(warned.includes("train: 2 images, 3 faces"));
    assert.ok(warned.includes("validation: 1 images, 1 faces"));
    assert.deepEqual(requests, ["wider_face_split.zip", "WIDER_val.zip", "WIDER_train.zip"]);
    const names = await Array.fromAsync(Deno.readDir(to), (entry) => entry.name);
    assert.deepEqual(names.sort(), ["WIDER_train", "WIDER_val", "wider_face_split"]);

    requests.length = 0;
    await run("wider", "--to", to);
    assert.deepEqual(requests, [], "all is there");
    await Deno.remove(`${to}/WIDER_train/images/e/b.jpg`);
    await run("wider", "--to", to, "--keep-archives");
    assert.deepEqual(requests, ["WIDER_train.zip"], "only what misses a file");
    assert.equal(await Deno.readTextFile(`${to}/WIDER_train/images/e/b.jpg`), "b");
    assert.deepEqual(await Deno.readFile(`${to}/WIDER_train.zip`), ZIPS.WIDER_train);
  });
});

Deno.test("dataCommand() takes zips and folders that are there", async () => {
  await setUp(async ({ root, run, requests, printed, warned }) => {
    const from = `${root}/from`, to = `${root}/to`;
    await Deno.mkdir(`${from}/WIDER_train/images/e`, { recursive: true });
    await Deno.writeTextFile(`${from}/WIDER_train/images/e/a.jpg`, "a");
    await Deno.writeFile(`${from}/WIDER_val.zip`, ZIPS.WIDER_val);
    await Deno.writeFile(`${from}/wider_face_split.zip`, ZIPS.wider_face_split);
    assert.equal(await run("wider", "--from", from, "--to", to), 0);
    const { train, validation } = JSON.parse(printed[0]!);
    assert.equal(train.images, `${from}/WIDER_train/images`, "used in place");
    assert.equal(validation.images, `${to}/WIDER_val/images`);
    assert.equal(train.annotations, `${to}/wider_face_split/wider_face_train_bbx_gt.txt`);
    assert.ok(warned.some((line) => line.includes("1 of 2 images")), warned.join("\n"));
    assert.deepEqual(requests, []);
    assert.ok(await Deno.stat(`${from}/WIDER_val.zip`), "the user's zip stays");
  });
});

Deno.test("dataCommand() refuses a zip that is wrong or missing", async () => {
  await setUp(async ({ root, run }) => {
    const refuse = (message: RegExp, exitCode: number) =>
      assert.rejects(run("wider", "--from", root, "--to", `${root}/to`), { message, exitCode });
    await refuse(/it has neither "wider_face_split" nor "wider_face_split.zip"/, 2);
    await Deno.writeFile(`${root}/wider_face_split.zip`, ZIPS.wider_face_split.with(40, 0));
    await refuse(/Cannot use ".*wider_face_split.zip": its SHA-256 is/, 1);
    await Deno.writeTextFile(`${root}/wider_face_split.zip`, "not a zip");
    await refuse(/it has 9 bytes, expected \d+/, 1);
    await assert.rejects(Deno.stat(`${root}/to`), Deno.errors.NotFound);
  });
});

Deno.test("dataCommand() knows its commands", async () => {
  await setUp(async ({ run, printed, warned }) => {
    for (const name of ["coco", "toString"]) {
      await assert.rejects(run(name), {
        exitCode: 2,
        message: `Cannot run data "${name}": expected "wider", "convert", "audit"`,
      });
    }
    await assert.rejects(run("wider", "extra"), {
      exitCode: 2,
      message: /"extra" is not an option/,
    });
    for (
      const args of [[], ["--help"], ["wider", "--help"], ["convert", "--help"], ["audit", "-h"]]
    ) {
      assert.equal(await run(...args), 0);
    }
    const usages = printed.map((text) => /Usage: (.*)/.exec(text)![1]);
    assert.deepEqual(usages, [
      "deno task data wider|convert|audit [options]",
      "deno task data wider|convert|audit [options]",
      "deno task data wider [options]",
      "deno task data convert <from> <to> --format <name>",
      "deno task data audit <folder> [options]",
    ]);
    assert.deepEqual([await run("convert"), await run("audit")], [2, 2]);
    assert.equal(warned.length, 2);
  });
});

Deno.test("WIDER_ARCHIVES lists files that can be told apart and checked", () => {
  for (const { name, folder, urls, sha256 } of WIDER_ARCHIVES) {
    assert.equal(name, `${folder}.zip`);
    assert.match(sha256, /^[0-9a-f]{64}$/);
    for (const url of urls) assert.ok(new URL(url).pathname.endsWith(`/${name}`));
  }
});
