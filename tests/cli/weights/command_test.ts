// deno task weights: files in, one file out or none.
import assert from "node:assert/strict";
import { denoStore } from "../../../lib/cli/deno_store.ts";
import { CliError, EXIT } from "../../../lib/cli/exit_codes.ts";
import { weightsCommand } from "../../../lib/cli/weights/command.ts";
import { weightsOf } from "../../../lib/graph/analysis.ts";
import { inferenceModel } from "../../../lib/models/registry.ts";
import { decodeSafetensors } from "../../../lib/weights/safetensors.ts";
import { MemoryStore } from "../../_support/memory_store.ts";
import { IMAGENET_MODEL, testOnImageNetWeights } from "../../_support/real_data.ts";
import { weightFixture } from "../../weights/fixtures.ts";

/** Runs the command with some fixtures in a store. */
async function run(files: readonly string[], ...args: string[]) {
  const store = new MemoryStore(), printed: string[] = [], warned: string[] = [];
  for (const file of files) await store.write(file, await weightFixture(file));
  const io = {
    store,
    print: (text: string) => printed.push(text),
    warn: (text: string) => warned.push(text),
  };
  const exit = await weightsCommand(args, io).catch((error: Error) => error);
  return { exit, printed, warned, written: [...store.files.keys()].slice(files.length), store };
}

function assertFails(exit: unknown, exitCode: number, message: RegExp): void {
  assert.ok(exit instanceof CliError, String(exit));
  assert.equal(exit.exitCode, exitCode);
  assert.match(exit.message, message);
}

Deno.test("weights import lists what does not fit, and writes nothing", async () => {
  const { exit, printed, warned, written } = await run(
    ["mobilenet_v2.h5"],
    ...["import", "mobilenet_v2.h5", "--model", "tiny", "--output", "tiny.safetensors"],
  );
  assertFails(exit, EXIT.model, /^Cannot import "mobilenet_v2.h5": it does not fit the model/);
  const backbone = weightsOf(inferenceModel("tiny").graph)
    .filter(({ node }) => node.part === "backbone").length;
  assert.deepEqual(printed, [
    `Keras MobileNetV2 → tiny: 10 tensors fit, ${backbone - 11} missing, 0 unexpected, ` +
    "1 of another shape; 2 not needed",
  ]);
  assert.equal(warned.filter((line) => line.startsWith("missing: ")).length, backbone - 11);
  assert.ok(
    warned.includes("of another shape: block_16_project/kernel is [1,1,2,3] and not [1,1,336,112]"),
  );
  assert.deepEqual(written, []);
});

Deno.test("weights import --partial writes what fits, with the model's name", async () => {
  const { exit, written, store } = await run(
    ["mobilenet_v2.h5"],
    ...["import", "mobilenet_v2.h5", "--model", "tiny", "--partial", "-o", "tiny.safetensors"],
  );
  assert.deepEqual([exit, written], [EXIT.ok, ["tiny.safetensors"]]);
  const { tensors, metadata } = decodeSafetensors(await store.read("tiny.safetensors"));
  assert.equal(tensors.size, 10);
  assert.deepEqual([metadata.model, metadata.source], ["tiny", "Keras MobileNetV2"]);
});

testOnImageNetWeights("weights import takes the published MobileNetV2 over as it is", async () => {
  const written = new Map<string, Uint8Array>(), printed: string[] = [];
  const args = ["import", IMAGENET_MODEL, "--model", "tiny", "-o", "start.safetensors"];
  const exit = await weightsCommand(args, {
    store: { ...denoStore, write: (path, bytes) => Promise.resolve(void written.set(path, bytes)) },
    print: (text) => printed.push(text),
    warn: (text) => assert.fail(text),
  });
  assert.equal(exit, EXIT.ok);
  assert.match(printed.join(), /0 missing, 0 unexpected, 0 of another shape/);
  const backbone = weightsOf(inferenceModel("tiny").graph)
    .filter(({ node }) => node.part === "backbone").map(({ name }) => name);
  const { tensors } = decodeSafetensors(written.get("start.safetensors")!);
  assert.deepEqual([...tensors.keys()], backbone);
});

Deno.test("weights import refuses hostile, foreign and broken files in one sentence", async () => {
  const cases: Record<string, RegExp> = {
    "attack.pth": /^Cannot read pickle: it asks for "posix\.system".*\("attack\.pth"\)$/,
    "whole_module.pth": /^Cannot read pickle: it asks for "torch\.nn\./,
    "vgg16.h5": /^Cannot import weights: .* is none of .*\("vgg16\.h5"\)$/,
    "tensors.pth": /^Cannot import weights: a file that begins with "float" is none of /,
    "integers.h5": /^Cannot read weights: "layer\/kernel" has type /,
    "make_fixtures.py": /^Cannot read weights: the file is no \.h5, /,
  };
  for (const [file, message] of Object.entries(cases)) {
    const { exit, written } = await run([file], "import", file, "-o", "out.safetensors");
    assertFails(exit, EXIT.model, message);
    assert.deepEqual(written, []);
  }
});

Deno.test("weights import refuses a network that has nothing in common with the model", async () => {
  const { exit } = await run(["resnet50.pth"], "import", "resnet50.pth", "--partial");
  assertFails(exit, EXIT.model, /nothing in it fits the model$/);
});

Deno.test("weights explains itself", async () => {
  const help = await run([], "--help"), bare = await run([]);
  assert.deepEqual([help.exit, bare.exit], [EXIT.ok, EXIT.usage]);
  assert.match(help.printed.join(), /--partial/);
  assert.match(bare.warned.join(), /^Takes weights over /);
});

Deno.test("weights refuses a wrong command line", async () => {
  assertFails((await run([], "export", "a")).exit, EXIT.usage, /^Cannot export weights: /);
  assertFails((await run([], "import")).exit, EXIT.usage, /^Cannot import weights: usage is /);
  assertFails((await run([], "import", "a", "b")).exit, EXIT.usage, /usage is /);
  assertFails(
    (await run([], "import", "a", "--settings", "{")).exit,
    EXIT.usage,
    /^Cannot use --settings: it is "{", expected JSON$/,
  );
  assertFails(
    (await run([], "import", "a", "--settings", '{"depth":3}')).exit,
    EXIT.usage,
    /"depth"/,
  );
});
