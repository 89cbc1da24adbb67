/**
 * How fast a network runs on one core: this project's engine, tfjs' WebAssembly and, given the same
 * graph as ONNX, onnxruntime-web; round by round in one run, so that all see the same machine.
 *
 *     deno run --no-lock --allow-read --allow-env bench/inference.ts --help
 *
 * @module
 */
import { parseArgs } from "node:util";
import { selectDevice } from "../lib/backends/device.ts";
import { table } from "../lib/cli/table.ts";
import { ort } from "../lib/deps/onnxruntime_web.ts";
import { tf } from "../lib/deps/tfjs.ts";
import { compileEngine, type EngineBuild, supportedEngineBuild } from "../lib/engine/module.ts";
import { EngineNetwork } from "../lib/engine/network.ts";
import { type Step, stepsOf } from "../lib/engine/steps.ts";
import { median } from "../lib/evaluation/evaluate.ts";
import { TfNetwork } from "../lib/executors/tf_network.ts";
import { letterbox } from "../lib/geometry/letterbox.ts";
import { summarize } from "../lib/graph/analysis.ts";
import type { Size } from "../lib/image/image.ts";
import type { InferenceModel } from "../lib/models/detector_model.ts";
import { inferenceModel } from "../lib/models/registry.ts";
import { Random } from "../lib/numbers/random.ts";
import { initialWeights } from "../lib/weights/weight_map.ts";

const HELP = `Options:
  --model tiny             any detector; its weights are random, which makes no difference to time
  --settings '{"alpha":0.35}'
  --size 640               side of the square input [default: the model's own]
  --onnx model.onnx        the same model at the same size, for onnxruntime-web
  --rounds 30              that are measured, after ten that are not
  --build relaxed          or simd [default: the fastest that runs here]
  --profile                the engine's time by step
`;

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "tiny" },
    settings: { type: "string", default: "{}" },
    size: { type: "string" },
    onnx: { type: "string" },
    rounds: { type: "string", default: "30" },
    build: { type: "string", default: supportedEngineBuild() ?? "simd" },
    profile: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

/** Something that runs the network once. */
type Contestant = () => unknown;

const WARM_UP_ROUNDS = 10;

/** Milliseconds of each round, by contestant. */
async function race(
  contestants: Readonly<Record<string, Contestant>>,
  rounds: number,
): Promise<Record<string, number[]>> {
  const times = Object.fromEntries(Object.keys(contestants).map((name) => [name, [] as number[]]));
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    for (const [name, run] of Object.entries(contestants)) {
      const start = performance.now();
      await run();
      if (round >= 0) times[name]!.push(performance.now() - start);
    }
  }
  return times;
}

async function tensors(network: TfNetwork, data: Float32Array, { width, height }: Size) {
  const outputs = tf.tidy(() =>
    network.predict({ image: tf.tensor4d(data, [1, height, width, 3]) })
  );
  for (const output of Object.values(outputs)) {
    await output.data();
    output.dispose();
  }
}

async function onnxRuntime(file: string, { width, height }: Size): Promise<Contestant> {
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(await Deno.readFile(file));
  const image = new ort.Tensor("float32", noise(3 * width * height), [1, 3, height, width]);
  return () => session.run({ [session.inputNames[0]!]: image });
}

function noise(count: number): Float32Array {
  const random = new Random(["bench"]);
  return Float32Array.from({ length: count }, () => random.uniform(-1, 1));
}

/** Multiply-adds of each step, by its output. */
function workOf({ graph }: InferenceModel, size: Size): Map<string, number> {
  const nodes = new Map(
    summarize(graph, size).nodes.map(({ node, multiplyAdds }) => [node.name, multiplyAdds]),
  );
  const parts = (step: Step) =>
    step.op === "block" ? [step.first, step.depthwise, step.last].map((part) => part?.node) : [];
  return new Map(
    stepsOf(graph).map((step) => [
      step.output,
      parts(step).reduce((sum, node) => sum + (node ? nodes.get(node.name)! : 0), 0),
    ]),
  );
}

/** The fastest time of each of the engine's steps, and what that makes in GFLOP/s. */
function profile(engine: EngineNetwork, model: InferenceModel, size: Size): string {
  const image = { shape: [size.height, size.width, 3], data: noise(3 * size.width * size.height) };
  const fastest = new Map<string, number>();
  for (let round = 0; round < Number(values.rounds); round++) {
    const times = new Map<string, number>();
    engine.predict(image, ({ output }, ms) => times.set(output, (times.get(output) ?? 0) + ms));
    for (const [step, ms] of times) fastest.set(step, Math.min(ms, fastest.get(step) ?? Infinity));
  }
  const work = workOf(model, size);
  const rows = [...fastest].map(([step, ms]) => {
    const flops = 2 * work.get(step)!;
    const rate = flops > 0 ? (flops / ms / 1e6).toFixed(1) : "";
    return [step, ms.toFixed(3), (flops / 2e6).toFixed(2), rate];
  });
  return table([["step", "ms", "million multiply-adds", "GFLOP/s"], ...rows]);
}

async function main(): Promise<void> {
  const model = inferenceModel(values.model, JSON.parse(values.settings));
  const side = values.size === undefined ? undefined : Number(values.size);
  const size = side === undefined ? model.input.size : { width: side, height: side };
  const weights = initialWeights(model.graph, 1);
  const data = noise(3 * size.width * size.height), image = { shape: [size.height, size.width, 3] };
  const photo = { width: 640, height: 480, data: new Uint8Array(640 * 480 * 4).fill(99) };
  const view = letterbox(photo, size);

  using engine = new EngineNetwork(
    model.graph,
    weights,
    await compileEngine(values.build as EngineBuild),
  );
  await selectDevice("wasm");
  using network = new TfNetwork(model.graph, weights);
  const times = await race({
    [`engine (${values.build})`]: () => engine.predict({ ...image, data }),
    "engine, from 640x480 RGBA": () => engine.see(photo, view, model.input),
    "tfjs-wasm (SIMD, 1 thread)": () => tensors(network, data, size),
    ...(values.onnx === undefined ? {} : {
      "onnxruntime-web (SIMD, 1 thread)": await onnxRuntime(values.onnx, size),
    }),
  }, Number(values.rounds));

  const million = (summarize(model.graph, size).multiplyAdds / 1e6).toFixed(0);
  console.log(
    `${model.name} at ${size.width}x${size.height}, ${million} million multiply-adds; ` +
      `the engine's memory: ${(engine.memoryBytes / 2 ** 20).toFixed(1)} MiB`,
  );
  const first = median(Object.values(times)[0]!);
  console.log(table([
    ["", "median ms", "fastest", "x engine"],
    ...Object.entries(times).map(([name, all]) => [
      name,
      median(all).toFixed(2),
      Math.min(...all).toFixed(2),
      (median(all) / first).toFixed(2),
    ]),
  ]));
  if (values.profile) console.log(`\n${profile(engine, model, size)}`);
}

if (values.help) console.log(HELP);
else await main();
