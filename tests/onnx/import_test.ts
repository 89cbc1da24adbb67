// Networks from ONNX files: what they compute, against ONNX Runtime.
import assert from "node:assert/strict";
import { compileEngine, supportedEngineBuild } from "../../lib/engine/module.ts";
import { EngineNetwork } from "../../lib/engine/network.ts";
import { type NdArray, transpose } from "../../lib/numbers/nd_array.ts";
import { Random } from "../../lib/numbers/random.ts";
import { importOnnx } from "../../lib/onnx/import.ts";
import { encodeOnnxModel, type OnnxModel, type OnnxNode } from "../../lib/onnx/messages.ts";
import { readOnnx } from "../../lib/onnx/read.ts";
import { assertAllClose } from "../_support/close.ts";
import { runOnnx, testOnOnnxRuntime } from "./onnxruntime.ts";

const random = new Random([3]);

function numbers(...shape: number[]): NdArray {
  const length = shape.reduce((product, side) => product * side, 1);
  return { shape, data: Float32Array.from({ length }, () => random.uniform(-1, 1)) };
}

const window = (kernel: number, stride: number, pads: readonly number[]) => ({
  kernel_shape: [kernel, kernel],
  strides: [stride, stride],
  pads,
});

/** One of each operation that is known, as detectors chain them. */
const NODES: readonly OnnxNode[] = [
  {
    type: "Conv",
    inputs: ["input", "w0", "b0"],
    output: "dense",
    attributes: { ...window(3, 2, [1, 1, 1, 1]), group: 1 },
  },
  { type: "Relu", inputs: ["dense"], output: "active" },
  {
    type: "Conv",
    inputs: ["active", "w1", "b1"],
    output: "single",
    attributes: { ...window(3, 1, [1, 1, 1, 1]), group: 8 },
  },
  {
    type: "MaxPool",
    inputs: ["single"],
    output: "pooled",
    attributes: window(2, 2, [0, 0, 0, 0]),
  },
  {
    type: "Resize",
    inputs: ["pooled", "", "scales"],
    output: "doubled",
    attributes: {
      mode: "nearest",
      coordinate_transformation_mode: "asymmetric",
      nearest_mode: "floor",
    },
  },
  { type: "Add", inputs: ["single", "doubled"], output: "sum" },
  {
    type: "Conv",
    inputs: ["sum", "w2"],
    output: "last",
    attributes: { ...window(1, 1, [0, 0, 0, 0]), group: 1 },
  },
  { type: "Transpose", inputs: ["last"], output: "turned", attributes: { perm: [0, 2, 3, 1] } },
  { type: "Sigmoid", inputs: ["turned"], output: "score" },
];

function modelOf(nodes: readonly OnnxNode[]): OnnxModel {
  const floats = Object.entries({
    w0: numbers(8, 3, 3, 3),
    b0: numbers(8),
    w1: numbers(8, 1, 3, 3),
    b1: numbers(8),
    w2: numbers(5, 8, 1, 1),
    scales: { shape: [4], data: Float32Array.of(1, 1, 2, 2) },
  });
  return {
    name: "net",
    doc: "",
    opset: 15,
    inputs: [{ name: "input", shape: [1, 3, 12, 20], doc: "" }],
    outputs: [{ name: "score", shape: [1, 6, 10, 5], doc: "" }],
    nodes,
    constants: new Map(floats.map(([name, array]) => [name, { type: "float32", array }])),
    metadata: {},
  };
}

testOnOnnxRuntime("importOnnx() gives a network that computes what the file does", async () => {
  const file = encodeOnnxModel(modelOf(NODES));
  const image = numbers(12, 20, 3);
  const planes = transpose(image, [2, 0, 1]);
  const [result] = await runOnnx([
    { file, inputs: { input: { shape: [1, ...planes.shape], data: planes.data } } },
  ]);
  assert.ok(typeof result === "object", `${result}`);
  const { graph, weights } = importOnnx(readOnnx(file), ["score"]);
  using network = new EngineNetwork(graph, weights, await compileEngine(supportedEngineBuild()!));
  const { score } = network.predict(image);
  assert.deepEqual(score!.shape, [6, 10, 5]);
  assertAllClose(score!.data, result.score!.data, { atol: 1e-6 });
});

Deno.test("importOnnx() names what it cannot take over", () => {
  const other = (change: Partial<OnnxNode>, at: number) =>
    encodeOnnxModel(modelOf(NODES.map((node, i) => i === at ? { ...node, ...change } : node)));
  const rejects = (file: Uint8Array, reason: RegExp, outputs = ["score"]) =>
    assert.throws(() => importOnnx(readOnnx(file), outputs), reason);
  rejects(other({ type: "Tanh" }, 1), /^RangeError: Cannot import .*: operation "Tanh" is unknown/);
  rejects(
    other({ attributes: { ...window(3, 2, []), strides: [1, 2] } }, 0),
    /strides .* is "1,2"/,
  );
  rejects(other({ attributes: { ...window(3, 1, []), group: 2 } }, 2), /group of "single" is "2"/);
  rejects(other({ inputs: ["input", "w9"] }, 0), /there is no tensor "w9"/);
  rejects(encodeOnnxModel(modelOf(NODES)), /nothing gives "cls_8"/, ["cls_8"]);
  const text = new TextEncoder().encode("no ONNX file at all, only a text");
  rejects(text, /^SyntaxError: Cannot read the ONNX model: /);
  rejects(new Uint8Array(), /^SyntaxError: Cannot read the ONNX model: there is no graph in it/);
});
