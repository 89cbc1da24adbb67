/**
 * How fast a network runs on one core: this project's engine, tfjs' WebAssembly and ONNX Runtime, all
 * with the same graph at the same size; round by round in one run, so that all see the same machine.
 *
 *     deno run --no-lock --allow-read --allow-env bench/inference.ts --help
 *
 * @module
 */
import { selectDevice } from "../lib/backends/device.ts";
import { type Command, helpText, parseArguments } from "../lib/cli/args.ts";
import { runCommand } from "../lib/cli/exit_codes.ts";
import { table } from "../lib/cli/table.ts";
import { ort } from "../lib/deps/onnxruntime_web.ts";
import { tf } from "../lib/deps/tfjs.ts";
import { compileEngine, supportedEngineBuild } from "../lib/engine/module.ts";
import { EngineNetwork } from "../lib/engine/network.ts";
import { type Step, stepsOf } from "../lib/engine/steps.ts";
import { TfNetwork } from "../lib/executors/tf_network.ts";
import { letterbox } from "../lib/geometry/letterbox.ts";
import { summarize } from "../lib/graph/analysis.ts";
import type { Size } from "../lib/image/image.ts";
import type { InferenceModel } from "../lib/models/detector_model.ts";
import {
  DEFAULT_MODEL,
  inferenceModel,
  MODEL_NAMES,
  type ModelName,
} from "../lib/models/registry.ts";
import { Random } from "../lib/numbers/random.ts";
import { encodeOnnx } from "../lib/onnx/encode.ts";
import { embeddedModel } from "../lib/weights/embedded.ts";
import { decodeModel, type LoadedModel } from "../lib/weights/model_file.ts";
import { initialWeights } from "../lib/weights/weight_map.ts";
import { requirePeer } from "./installed_peers.ts";
import { type Run, speeds, takeTurns, timed } from "./turns.ts";

const COMMAND = {
  name: "bench/inference.ts",
  usage: "[options]",
  summary: "Measures a network on one thread: the engine, tfjs-wasm, onnxruntime-web.",
  examples: [
    ["bench/inference.ts --size 640 --native", "The default detector, the native add-on as well"],
    ["bench/inference.ts --model tinaface --settings '{}'", "A detector that ships untrained"],
  ],
  options: {
    model: {
      type: "string",
      choices: MODEL_NAMES,
      default: DEFAULT_MODEL,
      help: "Any detector, as it ships",
    },
    settings: {
      type: "string",
      placeholder: "json",
      help: "… with these settings and random weights, which make no difference to time",
    },
    size: {
      type: "number",
      placeholder: "px",
      min: 1,
      integer: true,
      help: "Side of the square input [default: the model's own]",
    },
    rounds: { type: "number", min: 1, integer: true, default: 10, help: "Of three measured runs" },
    build: {
      type: "string",
      choices: ["relaxed", "simd"],
      default: supportedEngineBuild() ?? "simd",
      help: "The engine's",
    },
    native: {
      type: "boolean",
      default: false,
      help: "ONNX Runtime as a native add-on, too; needs --allow-ffi and the package " +
        "onnxruntime-node, see bench/README.md",
    },
    profile: { type: "boolean", default: false, help: "The engine's time by step" },
  },
} as const satisfies Command;

const PROFILED_RUNS = 30;

async function load(
  name: ModelName,
  settings: string | undefined,
): Promise<LoadedModel> {
  if (settings === undefined) return decodeModel(await embeddedModel(name), name);
  const model = inferenceModel(name, JSON.parse(settings));
  return { model, weights: initialWeights(model.graph, 1) };
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

/** The two builds of ONNX Runtime have the same interface. */
type OnnxRuntime = Pick<typeof ort, "InferenceSession" | "Tensor">;

async function onnxRuntime(
  { InferenceSession, Tensor }: OnnxRuntime,
  file: Uint8Array,
  { width, height }: Size,
): Promise<Run> {
  const oneThread = { intraOpNumThreads: 1, interOpNumThreads: 1 };
  const session = await InferenceSession.create(file, oneThread);
  const image = new Tensor("float32", noise(3 * width * height), [1, 3, height, width]);
  return timed(() => session.run({ [session.inputNames[0]!]: image }));
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
  const parts = (step: Step) => step.op === "chain" ? step.layers : [];
  return new Map(
    stepsOf(graph).map((step) => [
      step.output,
      parts(step).reduce((sum, { node }) => sum + nodes.get(node.name)!, 0),
    ]),
  );
}

/** The fastest time of each of the engine's steps, and what that makes in GFLOP/s. */
function profile(engine: EngineNetwork, model: InferenceModel, size: Size): string {
  const image = { shape: [size.height, size.width, 3], data: noise(3 * size.width * size.height) };
  const fastest = new Map<string, number>();
  for (let run = 0; run < PROFILED_RUNS; run++) {
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
  const { help, options } = parseArguments(COMMAND, Deno.args);
  if (help) return console.log(helpText(COMMAND));
  const { build, size: side } = options;
  const { model, weights } = await load(options.model, options.settings);
  const size = side === undefined ? model.input.size : { width: side, height: side };
  const data = noise(3 * size.width * size.height), image = { shape: [size.height, size.width, 3] };
  const photo = { width: 640, height: 480, data: new Uint8Array(640 * 480 * 4).fill(99) };
  const view = letterbox(photo, size);
  const onnx = encodeOnnx(model, weights, { size });

  using engine = new EngineNetwork(
    model.graph,
    weights,
    await compileEngine(build),
  );
  await selectDevice("wasm");
  using folded = new TfNetwork(model.graph, weights);
  // What may be trained is not folded.
  using asItIs = new TfNetwork(model.graph, weights, model.graph.nodes.map(({ part }) => part));
  ort.env.wasm.numThreads = 1;
  const times = await takeTurns({
    [`engine (${build})`]: timed(() => engine.predict({ ...image, data })),
    "engine, from 640x480 RGBA": timed(() => engine.see(photo, view, model.input)),
    "onnxruntime-web (SIMD, 1 thread)": await onnxRuntime(ort, onnx, size),
    "tfjs-wasm (SIMD, 1 thread)": timed(() => tensors(asItIs, data, size)),
    "tfjs-wasm, batch norms folded": timed(() => tensors(folded, data, size)),
    ...(options.native && {
      "onnxruntime-node (native, 1 thread)": await onnxRuntime(
        requirePeer("onnxruntime-node"),
        onnx,
        size,
      ),
    }),
  }, options.rounds);

  const million = (summarize(model.graph, size).multiplyAdds / 1e6).toFixed(0);
  console.log(
    `${model.name} at ${size.width}x${size.height}, ${million} million multiply-adds; ` +
      `the engine's memory: ${(engine.memoryBytes / 2 ** 20).toFixed(1)} MiB`,
  );
  console.log(table([["", "median ms", "fastest", "x engine"], ...speeds(times)]));
  if (options.profile) console.log(`\n${profile(engine, model, size)}`);
}

await runCommand(main);
