// deno task export: a model in, one file out, and one sentence for what cannot be.
import assert from "node:assert/strict";
import { CliError, EXIT } from "../../../lib/cli/exit_codes.ts";
import { exportCommand } from "../../../lib/cli/export/command.ts";
import { encodeOnnx } from "../../../lib/onnx/encode.ts";
import { embeddedModel } from "../../../lib/weights/embedded.ts";
import { decodeModel } from "../../../lib/weights/model_file.ts";
import { MemoryStore } from "../../_support/memory_store.ts";

const tiny = decodeModel(await embeddedModel("tiny"));

async function run(store: MemoryStore, ...args: string[]) {
  const printed: string[] = [], warned: string[] = [];
  const io = {
    store,
    print: (text: string) => printed.push(text),
    warn: (text: string) => warned.push(text),
  };
  const exit = await exportCommand(args, io).catch((error: Error) => error);
  return { exit, printed, warned };
}

Deno.test("export writes ONNX under the model's name unless told otherwise", async () => {
  const store = new MemoryStore();
  const { exit, warned } = await run(store, "tiny");
  assert.equal(exit, EXIT.ok);
  assert.deepEqual([...store.files.keys()], ["tiny.onnx"]);
  assert.deepEqual(store.files.get("tiny.onnx"), encodeOnnx(tiny.model, tiny.weights));
  assert.match(warned.join(), /^tiny\.onnx: tiny as onnx, 2\.1 MB$/);
});

Deno.test("export takes the format from the file's name, and a model file as it is", async () => {
  const store = new MemoryStore();
  assert.equal((await run(store, "tiny", "-o", "a.safetensors", "--float16")).exit, EXIT.ok);
  const { model, weights } = decodeModel(store.files.get("a.safetensors")!);
  assert.deepEqual(model.config, tiny.model.config);
  assert.deepEqual(weights, tiny.weights, "they ship in half precision");
  assert.equal((await run(store, "--weights", "a.safetensors", "-o", "b.onnx")).exit, EXIT.ok);
  assert.deepEqual(store.files.get("b.onnx"), encodeOnnx(tiny.model, tiny.weights));
});

Deno.test("export writes untrained weights of any settings", async () => {
  const store = new MemoryStore();
  const settings = '{"backbone":"mobilenet_v2","alpha":0.35,"channels":32}';
  const { exit } = await run(
    store,
    ...["tinaface", "--weights", "none", "--settings", settings, "--dynamic", "-o", "f.onnx"],
  );
  assert.equal(exit, EXIT.ok);
  const text = new TextDecoder("latin1").decode(store.files.get("f.onnx"));
  assert.ok(text.includes("height") && text.includes('"channels":32'));
});

Deno.test("export says in one sentence what cannot be, and writes nothing", async () => {
  const cases: [string[], number, RegExp][] = [
    [[], EXIT.usage, /^$/],
    [["tyny"], EXIT.usage, /Cannot find model "tyny"/],
    [["--dynamic"], EXIT.usage, /name one of tiny/],
    [["tiny", "tiny"], EXIT.usage, /one model at a time/],
    [["tinaface"], EXIT.model, /none ship with it.*--weights none/],
    [["tiny", "--weights", "gone"], EXIT.model, /"gone": there is no such file$/],
    [["tiny", "--weights", "bad"], EXIT.model, /not a safetensors file.* \("bad"\)$/],
    [["tiny", "--size", "big"], EXIT.usage, /--size: it is "big"/],
    [["tiny", "--size", "320"], EXIT.usage, /size is "320x320", expected "224x224"/],
    [["tiny", "--size", "224", "--dynamic"], EXIT.usage, /--size: --dynamic leaves it open/],
    [["tiny", "-o", "x.safetensors", "--dynamic"], EXIT.usage, /--dynamic: a safetensors/],
    [["tiny", "--settings", "{}"], EXIT.usage, /--settings: weights have settings/],
    [["tiny", "--weights", "none", "--settings", "{"], EXIT.usage, /it is "{", expected JSON/],
    [["tiny", "--weights", "none", "--settings", '{"a":1}'], EXIT.usage, /"a" is not one/],
  ];
  for (const [args, exitCode, message] of cases) {
    const store = new MemoryStore();
    store.files.set("bad", Uint8Array.of(1, 2, 3));
    const { exit } = await run(store, ...args);
    if (args.length > 0) {
      assert.ok(exit instanceof CliError, `${args}: ${exit}`);
      assert.equal(exit.exitCode, exitCode, args.join(" "));
      assert.match(exit.message, message);
    } else {
      assert.equal(exit, exitCode);
    }
    assert.deepEqual([...store.files.keys()], ["bad"]);
  }
});
