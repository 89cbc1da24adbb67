// Every operation as ONNX Runtime computes it, against the tf executor.
import assert from "node:assert/strict";
import { selectDevice } from "../../lib/backends/device.ts";
import type { AnyNode, Graph, OpName, Shape } from "../../lib/graph/graph.ts";
import { definitionOf, OPS } from "../../lib/graph/ops.ts";
import { type NdArray, transpose } from "../../lib/numbers/nd_array.ts";
import { encodeOnnxModel } from "../../lib/onnx/messages.ts";
import { toOnnxGraph } from "../../lib/onnx/encode.ts";
import { assertAllClose } from "../_support/close.ts";
import { casesOf, type OpCase, operandsOf, valueOf } from "../executors/op_cases.ts";
import { type OnnxResult, runOnnx, testOnOnnxRuntime } from "./onnxruntime.ts";

const COMPUTED = (Object.keys(OPS) as OpName[]).filter((op) => op !== "input");

/** A graph of one operation on inputs of its own. */
function graphOf({ node, shapes }: OpCase): Graph {
  const inputs = shapes.map(([, , channels], i): AnyNode => ({
    name: `x${i}`,
    weights: `x${i}`,
    op: "input",
    inputs: [],
    attributes: { channels },
    part: "p",
  }));
  const names = inputs.map(({ name }) => name);
  return { nodes: [...inputs, { ...node, inputs: names }], outputs: { y: node.name } };
}

/** The case as an ONNX file, for its shapes alone or for any. */
function encode(opCase: OpCase, sizesAreKnown: boolean): Uint8Array {
  const { node, shapes } = opCase, { learned, fixed } = operandsOf(opCase);
  const weights = new Map(
    Object.entries({ ...learned, ...fixed }).map(([role, array]) => [`n/${role}`, array]),
  );
  // Of sizes that are not known, nothing true may be needed.
  const told = (shape: Shape): Shape => sizesAreKnown ? shape : [512, 512, shape[2]];
  const shape = definitionOf(node).shape(node.attributes, shapes);
  const graph = toOnnxGraph(graphOf(opCase), weights, {
    shapes: new Map<string, Shape>([
      ...shapes.map((shape, i): [string, Shape] => [`x${i}`, told(shape)]),
      [node.name, told(shape)],
    ]),
    sizesAreKnown,
    batch: sizesAreKnown ? opCase.batch : undefined,
    float16: false,
  });
  return encodeOnnxModel({ ...graph, name: "case", doc: "", metadata: {} });
}

const toNchw = (array: NdArray) => transpose(array, [0, 3, 1, 2]);

/** Windows of every kind, padded as TensorFlow does, over sizes that leave every rest. */
function sameCases(op: "conv" | "depthwiseConv" | "maxPool"): OpCase[] {
  const cases: OpCase[] = [];
  const windows = [[1, 2], [2, 1], [2, 2], [3, 2], [3, 3], [4, 2], [5, 2]];
  // ONNX Runtime finds negative paddings for a pool that leaves pixels out; no model has one.
  if (op !== "maxPool") windows.push([2, 3]);
  for (const [kernel, stride] of windows) {
    for (const [height, width] of [[5, 6], [7, 8], [9, 10]] as const) {
      const attributes = { kernel, filters: 2, stride, padding: "same", bias: false };
      cases.push({
        node: { name: "n", weights: "n", op, inputs: [], attributes, part: "p" } as AnyNode,
        batch: 1,
        shapes: [[height, width, 3]],
        training: false,
        title: `${op} ${kernel}/${stride} same of [${height} ${width}]`,
      });
    }
  }
  return cases;
}

function allCasesOf(op: OpName): OpCase[] {
  const cases = casesOf(op).filter(({ training }) => !training);
  return op === "conv" || op === "depthwiseConv" || op === "maxPool"
    ? [...cases, ...sameCases(op)]
    : cases;
}

interface Attempt {
  readonly opCase: OpCase;
  readonly sizesAreKnown: boolean;
}

/** ONNX has no padding for DeformConv that depends on the size. */
function canBeWritten({ opCase: { node }, sizesAreKnown }: Attempt): boolean {
  return sizesAreKnown || node.op !== "deformConv" || node.attributes.padding !== "same" ||
    node.attributes.stride === 1;
}

const attempts = COMPUTED.flatMap((op) =>
  allCasesOf(op).flatMap((opCase) =>
    [true, false].map((sizesAreKnown): Attempt => ({ opCase, sizesAreKnown }))
  )
);

/** All at once: a process for each takes a second. */
const runs = attempts.filter(canBeWritten);
let running: Promise<OnnxResult[]> | undefined;
const results = () =>
  running ??= runOnnx(runs.map(({ opCase, sizesAreKnown }) => {
    const { inputs, others } = operandsOf(opCase);
    const arrays = [...inputs, ...others].map((array, i) => [`x${i}`, toNchw(array)]);
    return { file: encode(opCase, sizesAreKnown), inputs: Object.fromEntries(arrays) };
  }));

for (const op of COMPUTED) {
  testOnOnnxRuntime(`${op} gives in ONNX Runtime what it gives here`, async () => {
    await selectDevice("cpu");
    for (const [i, { opCase, sizesAreKnown }] of runs.entries()) {
      if (opCase.node.op !== op) continue;
      const title = `${opCase.title}, ${sizesAreKnown ? "known" : "any"} size`;
      const result = (await results())[i]!;
      assert.ok(typeof result !== "string", `${title}: ${result}`);
      const expected = await valueOf(opCase, operandsOf(opCase));
      assert.deepEqual(result.y!.shape, expected.shape, title);
      try {
        assertAllClose(result.y!.data, expected.data, { atol: 2e-5, rtol: 1e-4 });
      } catch (error) {
        assert.fail(`${title}: ${(error as Error).message}`);
      }
    }
  });
}

Deno.test("a deformable convolution whose padding depends on the size is refused for any size", () => {
  const refused = attempts.filter((attempt) => !canBeWritten(attempt));
  assert.ok(refused.length > 0);
  for (const { opCase } of refused) {
    assert.throws(() => encode(opCase, false), RangeError, "padding is");
  }
});
