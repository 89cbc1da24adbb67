import assert from "node:assert/strict";
import { DeviceUnavailableError } from "../../../lib/backends/device.ts";
import { detectCommand } from "../../../lib/cli/detect/command.ts";
import type { DetectWorld } from "../../../lib/cli/detect/world.ts";
import { EXIT } from "../../../lib/cli/exit_codes.ts";
import { decodeImage } from "../../../lib/codec/decode.ts";
import { encodePng } from "../../../lib/codec/encode.ts";
import type { Face } from "../../../lib/detector/detector.ts";
import { fakeWorld, runDetectOn } from "./fake_world.ts";

const FACE: Face = { box: { x: 2.0061, y: 3, width: 10.12345, height: 12 }, score: 0.93456 };

function png(width: number, height: number): Uint8Array<ArrayBuffer> {
  return encodePng({ width, height, data: new Uint8Array(3 * width * height).fill(90) });
}

/** A folder with photos good and bad. */
async function withPhotos(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/album/deep`, { recursive: true });
    await Deno.mkdir(`${folder}/empty`);
    await Deno.writeFile(`${folder}/album/b.png`, png(40, 30));
    await Deno.writeFile(`${folder}/album/deep/a.PNG`, png(32, 32));
    await Deno.writeFile(`${folder}/album/old.faces.jpg`, png(32, 32));
    await Deno.writeFile(`${folder}/album/.hidden.png`, png(32, 32));
    await Deno.writeTextFile(`${folder}/album/notes.txt`, "no photo");
    await Deno.writeTextFile(`${folder}/text.jpg`, "no photo");
    await Deno.writeFile(`${folder}/cut.png`, png(40, 30).slice(0, 60));
    await Deno.writeFile(`${folder}/dot.png`, png(1, 1));
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Runs the command with a detector that finds {@linkcode FACE} in every photo. */
const runDetect = (...args: string[]) => runDetectOn(FACE, args);

Deno.test("detect draws the photo's faces on a copy", () =>
  withPhotos(async (folder) => {
    const output = `${folder}/out.png`;
    const { code, out, disposed } = await runDetect(`${folder}/album/b.png`, "--output", output);
    assert.equal(code, EXIT.ok);
    assert.equal(disposed, 1);
    assert.match(out[0]!, /b\.png: 1 face, drawn on .*out\.png \(decode \d+ ms, detect \d+ ms, /);
    const plain = await decodeImage(await Deno.readFile(`${folder}/album/b.png`));
    const drawn = await decodeImage(await Deno.readFile(output));
    assert.deepEqual([drawn.width, drawn.height], [40, 30]);
    assert.notDeepEqual(drawn.data, plain.data);
  }));

Deno.test("detect --jsonl prints one line a photo, the folder's in the order of their names", () =>
  withPhotos(async (folder) => {
    const { code, out, writesForbidden } = await runDetect("--jsonl", `${folder}/album`);
    assert.equal(code, EXIT.ok);
    assert.equal(writesForbidden, 1);
    const reports = out.map((line) => JSON.parse(line));
    assert.deepEqual(
      reports.map(({ image, width, height }) => [image, width, height]),
      [[`${folder}/album/b.png`, 40, 30], [`${folder}/album/deep/a.PNG`, 32, 32]],
    );
    assert.deepEqual(Object.keys(reports[0]), ["image", "width", "height", "faces", "ms", "model"]);
    assert.deepEqual(Object.keys(reports[0].ms), ["decode", "detect"]);
    assert.equal(reports[0].model, "tiny");
    assert.deepEqual(reports[0].faces, [
      { box: { x: 2.01, y: 3, width: 10.12, height: 12 }, score: 0.9346 },
    ]);
  }));

Deno.test("detect --json prints one document, and draws too when told where", () =>
  withPhotos(async (folder) => {
    const album = `${folder}/album`, drawn = `${folder}/drawn`;
    const { out, writesForbidden } = await runDetect("--json", album, "-o", drawn);
    assert.equal(out.length, 1);
    const reports = JSON.parse(out[0]!);
    assert.equal(reports.length, 2);
    assert.deepEqual(Object.keys(reports[1].ms), ["decode", "detect", "draw", "encode"]);
    assert.equal(writesForbidden, 0);
    assert.ok(await exists(`${drawn}/b.faces.jpg`));
    assert.ok(await exists(`${drawn}/deep/a.faces.jpg`));
  }));

Deno.test("detect reports bad photos, goes on with the others and ends with exit code 1", () =>
  withPhotos(async (folder) => {
    const names = ["none.jpg", "text.jpg", "cut.png", "dot.png", "empty", "album/b.png"];
    const photos = names.map((name) => `${folder}/${name}`);
    const { code, out, err } = await runDetect("--jsonl", ...photos);
    assert.equal(code, EXIT.someFailed);
    const reports = out.map((line) => JSON.parse(line));
    assert.deepEqual(
      reports.map(({ image, error }) => [image.slice(folder.length + 1), error?.code]),
      [
        ["none.jpg", "not_found"],
        ["text.jpg", "not_an_image"],
        ["cut.png", "truncated"],
        ["dot.png", "too_small"],
        ["empty", "no_photos"],
        ["album/b.png", undefined],
      ],
    );
    assert.deepEqual(err.slice(1).map((line) => line.replaceAll(`${folder}/`, "")), [
      'error: Cannot read "none.jpg": there is no such file',
      "error: text.jpg: Cannot decode the image: it is not a JPEG, PNG, GIF, WebP or BMP file",
      "error: cut.png: Cannot decode the image: the PNG file is cut off before its end",
      'error: dot.png: Cannot find faces: the size is "1x1", expected at least 8 pixels a side',
      'error: Cannot find photos in "empty": it has no .jpg, .png, .gif, .webp or .bmp files',
    ]);
  }));

Deno.test("detect leaves no output for a bad photo", () =>
  withPhotos(async (folder) => {
    const { code } = await runDetect(`${folder}/cut.png`, "-o", `${folder}/drawn.jpg`);
    assert.equal(code, EXIT.someFailed);
    assert.equal(await exists(`${folder}/drawn.jpg`), false);
  }));

Deno.test("detect numbers photos of one name instead of overwriting the first", () =>
  withPhotos(async (folder) => {
    await Deno.copyFile(`${folder}/album/b.png`, `${folder}/b.png`);
    await runDetect(`${folder}/album/b.png`, `${folder}/b.png`, "-o", `${folder}/drawn/`);
    assert.ok(await exists(`${folder}/drawn/b.faces.jpg`));
    assert.ok(await exists(`${folder}/drawn/b-2.faces.jpg`));
  }));

Deno.test("detect takes the seed's flags and passes the detector's options on", () =>
  withPhotos(async (folder) => {
    await Deno.writeFile(`${folder}/w`, Uint8Array.of(1, 2));
    const photo = `${folder}/album/b.png`;
    const { code, options } = await runDetect(
      ...["--image", photo, "--weights", `${folder}/w`, "--json", "--device", "wasm"],
      ...["--threshold", "0.25", "--nms", "0.3", "--max-side", "640", "--max-detections", "7"],
    );
    assert.equal(code, EXIT.ok);
    assert.deepEqual(options, {
      weights: Uint8Array.of(1, 2),
      device: "wasm",
      scoreThreshold: 0.25,
      nmsThreshold: 0.3,
      maxSide: 640,
      maxFaces: 7,
    });
    assert.deepEqual((await runDetect("--json", photo)).options, { device: "auto" });
  }));

Deno.test("detect refuses an output it cannot or should not write", () =>
  withPhotos(async (folder) => {
    const photo = `${folder}/album/b.png`;
    for (
      const [args, problem] of [
        [
          [photo, "-o", "faces.webp"],
          'it is "faces.webp", expected a .jpg, .png or .jsonl file, or a folder',
        ],
        [[photo, "-o", photo], `it is "${photo}", expected another file than the photo itself`],
        [[photo, "-o", `${folder}/empty/../album/b.png`], "expected another file than the photo"],
        [[photo, folder, "-o", "faces.jpg"], 'it is "faces.jpg", expected a folder for 6 photos'],
      ] as const
    ) {
      const result = await runDetect(...args);
      assert.equal(result.code, EXIT.usage);
      assert.ok(result.problem.startsWith("Cannot use --output: "), result.problem);
      assert.ok(result.problem.includes(problem), result.problem);
    }
  }));

Deno.test("detect without arguments prints brief help, with --help all of it", async () => {
  const brief = await runDetect(), full = await runDetect("--help");
  assert.deepEqual([brief.code, full.code], [EXIT.ok, EXIT.ok]);
  assert.match(brief.out[0]!, /Usage: deno task detect \[options\]/);
  assert.doesNotMatch(brief.out[0]!, /--threshold/);
  assert.match(full.out[0]!, /--threshold <number>/);
});

Deno.test("detect refuses to run without a photo or with two kinds of JSON", async () => {
  const noPhoto = await runDetect("--json"), both = await runDetect("--json", "--jsonl", "a.jpg");
  assert.deepEqual([noPhoto.code, both.code], [EXIT.usage, EXIT.usage]);
});

function failingWorld(error: Error): DetectWorld {
  return { ...fakeWorld(FACE).world, createDetector: () => Promise.reject(error) };
}

Deno.test("detect ends with 3 without a model and with 4 without a device, naming the file", () =>
  withPhotos(async (folder) => {
    const weights = `${folder}/text.jpg`, args = ["a.jpg", "--weights", weights];
    for (
      const [error, exitCode, message] of [
        [new SyntaxError("Cannot read it"), EXIT.model, `${weights}: Cannot read it`],
        [new RangeError("Cannot read it"), EXIT.model, `${weights}: Cannot read it`],
        [new DeviceUnavailableError("Cannot use it"), EXIT.backend, "Cannot use it"],
      ] as const
    ) {
      await assert.rejects(
        detectCommand(args, failingWorld(error)),
        { name: "CliError", exitCode, message },
      );
    }
    const missing = `${folder}/none`;
    const { code, problem } = await runDetect("a.jpg", "--weights", missing);
    assert.deepEqual([code, problem], [
      EXIT.model,
      `Cannot read "${missing}": there is no such file`,
    ]);
  }));
