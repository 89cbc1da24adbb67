// Every operation, forward and backward: against cpu on the other devices, on cpu against differences.
import assert from "node:assert/strict";
import { selectDevice } from "../../lib/backends/device.ts";
import { selectTrainingDevice } from "../../lib/backends/training_device.ts";
import { loadGradients } from "../../lib/deps/tfjs_gradients.ts";
import { computeNode } from "../../lib/executors/tf_ops.ts";
import type { OpName } from "../../lib/graph/graph.ts";
import { OPS } from "../../lib/graph/ops.ts";
import type { NdArray } from "../../lib/numbers/nd_array.ts";
import { Random } from "../../lib/numbers/random.ts";
import { eachBackend } from "../_support/backends.ts";
import { assertAllClose, assertClose } from "../_support/close.ts";
import { expectNoTensorLeak } from "../_support/leaks.ts";
import {
  casesOf,
  cotangent,
  differentiable,
  operandsOf,
  valueAndGradients,
  valueOf,
} from "./op_cases.ts";
import { PLAIN } from "./plain_ops.ts";

const COMPUTED = (Object.keys(OPS) as OpName[]).filter((op) => op !== "input");

await loadGradients();

// Sums of up to 200 products in 32 bits: the order of the additions shows in the sixth digit.
const TOLERANCE = { atol: 2e-5, rtol: 1e-4 };

for (const op of COMPUTED) {
  eachBackend(`${op} has cpu's value and gradients`, async (device) => {
    for (const opCase of casesOf(op)) {
      await selectDevice("cpu");
      const expected = await valueAndGradients(opCase);
      await selectTrainingDevice(device, (message) => assert.fail(`${opCase.title}: ${message}`));
      const actual = await expectNoTensorLeak(() => valueAndGradients(opCase));
      for (const [what, numbers] of Object.entries(expected)) {
        try {
          assertAllClose(actual[what]!, numbers, TOLERANCE);
        } catch (error) {
          assert.fail(`${what} of ${opCase.title}: ${(error as Error).message}`);
        }
      }
    }
  }, ["wasm", "webgpu"]);

  eachBackend(`${op} has the gradient that differences show`, async () => {
    for (const opCase of casesOf(op)) {
      const operands = operandsOf(opCase), gradients = await valueAndGradients(opCase);
      const { data: dy } = cotangent(opCase, await valueOf(opCase, operands));
      const scalar = async () => {
        const { data } = await valueOf(opCase, operands);
        return data.reduce((sum, value, i) => sum + value * dy[i]!, 0);
      };
      for (const [name, { data }] of differentiable(operands)) {
        const random = new Random(["direction", opCase.title, name]), start = data.slice();
        // Steps of at most 0.02: they do not reach a kink, from which the numbers keep 0.05 away.
        const direction = Float32Array.from(data, () => random.pick([-0.02, 0.02]));
        const at = (factor: number) => {
          data.forEach((_, i) => data[i] = start[i]! + factor * direction[i]!);
          return scalar();
        };
        const difference = (await at(1) - await at(-1)) / 2;
        await at(0);
        const gradient = gradients[`gradient of ${name}`]!;
        const slope = gradient.reduce((sum, g, i) => sum + g * direction[i]!, 0);
        const size = 0.02 * Math.hypot(...gradient);
        assert.ok(size > 1e-3, `${name} of ${opCase.title} has a gradient`);
        assertClose(difference / size, slope / size, { atol: 5e-3, rtol: 0 });
      }
    }
  }, ["cpu"]);
}

type PlainOp = (
  inputs: readonly NdArray[],
  attributes: unknown,
  weight: (role: string) => NdArray,
) => NdArray;

for (const op of Object.keys(PLAIN) as (keyof typeof PLAIN)[]) {
  eachBackend(`${op} gives what plain loops give`, async () => {
    for (const opCase of casesOf(op).filter(({ training }) => !training)) {
      const operands = operandsOf(opCase), { inputs, learned, fixed } = operands;
      const weight = (role: string) => learned[role] ?? fixed[role]!;
      const expected = (PLAIN[op] as PlainOp)(inputs, opCase.node.attributes, weight);
      const actual = await valueOf(opCase, operands);
      assert.deepEqual(actual.shape, expected.shape, opCase.title);
      assertAllClose(actual.data, expected.data, TOLERANCE);
    }
  }, ["cpu"]);
}

Deno.test("casesOf() refuses an operation that has no case", () => {
  assert.throws(() => casesOf("blur" as OpName), RangeError);
});

Deno.test("computeNode() does not compute the input", () => {
  const node = { name: "image", op: "input", inputs: [], attributes: { channels: 3 }, part: "p" };
  assert.throws(
    () => computeNode(node as never, [], { weight: () => assert.fail() }),
    { name: "TypeError", message: 'Cannot compute op "input": its value is given' },
  );
});
