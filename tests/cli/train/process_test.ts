// `train.ts` as its user runs it: on the sample photos, interrupted by Ctrl-C, resumed.
import assert from "node:assert/strict";
import { assertSameFiles } from "../../_support/same.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;
const EPOCHS = 3;

/** Starts a training on the samples; `logs` is where TensorBoard's file goes. */
function train(folder: string, args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command("deno", {
    args: [
      ...["run", "--quiet", "--no-prompt", "--allow-read", `--allow-write=${folder}`, "train.ts"],
      ...[...args, "--logs", `${folder}/logs`, "--device", "wasm"],
    ],
    cwd: ROOT,
    stdout: "piped",
    stderr: "null",
  }).spawn();
}

const newRun = (output: string) => [
  ...["--config", "data/samples/train.json", "--epochs", String(EPOCHS), "--output", output],
];

async function modelFiles(folder: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for await (const { name } of Deno.readDir(folder)) {
    if (name.endsWith(".safetensors")) files.set(name, await Deno.readFile(`${folder}/${name}`));
  }
  return files;
}

/** Sends Ctrl-C as soon as the process has told of its first epoch; gives the exit code. */
async function interruptAfterFirstEpoch(process: Deno.ChildProcess): Promise<number> {
  let said = "";
  for await (const text of process.stdout.pipeThrough(new TextDecoderStream())) {
    if (!said.includes("epoch 1/") && (said + text).includes("epoch 1/")) process.kill("SIGINT");
    said += text;
  }
  return (await process.status).code;
}

Deno.test("train.ts on the samples, interrupted and resumed, ends with the files of one clean run", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const clean = await train(folder, newRun(`${folder}/clean`)).output();
    assert.equal(clean.code, 0);
    assert.match(new TextDecoder().decode(clean.stdout), /finished after 3 epochs; best model: /);

    assert.equal(await interruptAfterFirstEpoch(train(folder, newRun(`${folder}/cut`))), 130);
    const resumed = await train(folder, ["--resume", `${folder}/cut`]).output();
    assert.equal(resumed.code, 0);
    assertSameFiles(await modelFiles(`${folder}/cut`), await modelFiles(`${folder}/clean`));

    const lines = (await Deno.readTextFile(`${folder}/cut/metrics.jsonl`)).trim().split("\n");
    assert.deepEqual(lines.map((line) => JSON.parse(line).epoch), [1, 2, 3]);
    const again = await train(folder, newRun(`${folder}/clean`)).output();
    assert.equal(again.code, 2, "a run is never written over");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
