// `detect.ts` as its user runs it: another process, with its permissions and streams.
import assert from "node:assert/strict";
import { encodePng } from "../../../lib/codec/encode.ts";
import { inferenceModel } from "../../../lib/models/registry.ts";
import { encodeModel } from "../../../lib/weights/model_file.ts";
import { initialWeights } from "../../../lib/weights/weight_map.ts";

const DETECT = new URL("../../../detect.ts", import.meta.url).pathname;

interface RunOptions {
  readonly cwd: string;
  readonly args: readonly string[];
  readonly stdin?: Uint8Array<ArrayBuffer>;
}

async function runDetect({ cwd, args, stdin = new Uint8Array() }: RunOptions) {
  const process = new Deno.Command("deno", {
    args: [
      ...["run", "--quiet", "--no-prompt", "--allow-read", "--allow-write=output", DETECT],
      ...args,
    ],
    cwd,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  // A process that does not read its input closes it before all is written.
  await writer.write(stdin).then(() => writer.close()).catch(() => {});
  const { code, stdout, stderr } = await process.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** A folder with a photo and weights (random ones: what they find does not matter). */
async function inFolder(run: (folder: string, photo: Uint8Array<ArrayBuffer>) => Promise<void>) {
  const cwd = await Deno.makeTempDir();
  try {
    const model = inferenceModel("tiny");
    const weights = encodeModel(model, initialWeights(model.graph, 1));
    const photo = encodePng({ width: 60, height: 40, data: new Uint8Array(7200).fill(80) });
    await Deno.writeFile(`${cwd}/weights.safetensors`, weights);
    await Deno.writeFile(`${cwd}/photo.png`, photo);
    await Deno.writeTextFile(`${cwd}/text.jpg`, "no photo");
    await run(cwd, photo);
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

const COMMON = ["--weights", "weights.safetensors", "--device", "cpu"];

Deno.test("detect.ts draws into ./output when no output is named", () =>
  inFolder(async (cwd) => {
    const { code, stdout, stderr } = await runDetect({ cwd, args: [...COMMON, "photo.png"] });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^photo\.png: \d+ faces?, drawn on output\/photo\.faces\.jpg \(/);
    assert.match(stderr, /^tiny on cpu: /m);
    assert.deepEqual([...(await Deno.readFile(`${cwd}/output/photo.faces.jpg`)).slice(0, 2)], [
      0xff,
      0xd8,
    ]);
  }));

Deno.test("detect.ts reads a photo from standard input and prints pure JSON", () =>
  inFolder(async (cwd, stdin) => {
    const { code, stdout, stderr } = await runDetect({
      cwd,
      args: [...COMMON, "--json", "--threshold", "0", "--max-detections", "2", "-"],
      stdin,
    });
    assert.equal(code, 0, stderr);
    const [report] = JSON.parse(stdout);
    assert.deepEqual([report.image, report.width, report.height], ["-", 60, 40]);
    assert.equal(report.faces.length, 2);
  }));

Deno.test("detect.ts ends with one sentence and the right code, without a stack trace", () =>
  inFolder(async (cwd) => {
    for (
      const [args, expected, sentence] of [
        [[...COMMON, "none.jpg"], 1, 'error: Cannot read "none.jpg": there is no such file'],
        [
          [...COMMON, "text.jpg"],
          1,
          "error: text.jpg: Cannot decode the image: it is not a JPEG, PNG, GIF, WebP or BMP file",
        ],
        [
          ["--treshold", "1", "photo.png"],
          2,
          'error: Cannot use "--treshold": there is no such option, did you mean --threshold',
        ],
        [
          ["--weights", "text.jpg", "--device", "cpu", "photo.png"],
          3,
          "error: text.jpg: Cannot read",
        ],
      ] as const
    ) {
      const { code, stdout, stderr } = await runDetect({ cwd, args });
      assert.equal(code, expected, stderr);
      assert.equal(stdout, "");
      const errors = stderr.split("\n").filter((line) =>
        line !== "" && !line.startsWith("tiny on")
      );
      assert.equal(errors.length, 1, stderr);
      assert.ok(errors[0]!.startsWith(sentence), stderr);
    }
    assert.deepEqual(
      (await Array.fromAsync(Deno.readDir(cwd), ({ name }) => name)).sort(),
      ["photo.png", "text.jpg", "weights.safetensors"],
    );
  }));
