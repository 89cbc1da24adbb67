// Shapes, padding and work of the operations, by hand.
import assert from "node:assert/strict";
import fc from "fast-check";
import type { AnyNode, OpAttributes, OpName, Padding, Shape } from "../../lib/graph/graph.ts";
import { definitionOf, OPS, windowCount } from "../../lib/graph/ops.ts";

function shapeOf<Op extends OpName>(op: Op, attributes: OpAttributes[Op], ...inputs: Shape[]) {
  return OPS[op].shape(attributes, inputs);
}

const CONV = { kernel: 3, filters: 8, stride: 1, padding: "same", bias: true } as const;

Deno.test("windowCount() counts TensorFlow's same padding on odd and even sizes", () => {
  // ⌈size / stride⌉ whatever the kernel: TensorFlow, tf.nn "Notes on padding".
  const counted = [[224, 2], [225, 2], [1, 2], [7, 1], [10, 3], [9, 3]].map(([size, stride]) =>
    windowCount(size!, 3, stride!, "same", "height")
  );
  assert.deepEqual(counted, [112, 113, 1, 7, 4, 3]);
});

Deno.test("windowCount() takes the padding of its own axis", () => {
  const padding = [1, 0, 2, 3] as const;
  assert.equal(windowCount(6, 3, 2, padding, "height"), 3); // ⌊(6 + 1 − 3) / 2⌋ + 1
  assert.equal(windowCount(6, 3, 2, padding, "width"), 5); // ⌊(6 + 5 − 3) / 2⌋ + 1
  assert.equal(windowCount(2, 3, 1, [0, 0, 0, 0], "width"), 0);
});

Deno.test("windowCount() equals a count of the windows one by one", () => {
  const small = fc.integer({ min: 0, max: 4 }), positive = fc.integer({ min: 1, max: 5 });
  fc.assert(
    fc.property(fc.nat(20), positive, positive, small, small, (more, kernel, stride, a, b) => {
      const size = kernel + more, padding: Padding = [a, b, 0, 0];
      let count = 0;
      for (let start = -a; start + kernel <= size + b; start += stride) count++;
      assert.equal(windowCount(size, kernel, stride, padding, "height"), count);
    }),
  );
});

Deno.test("OPS give the shapes of their results", () => {
  assert.deepEqual(shapeOf("conv", { ...CONV, stride: 2 }, [15, 8, 3]), [8, 4, 8]);
  assert.deepEqual(
    shapeOf("depthwiseConv", { kernel: 5, stride: 1, padding: [0, 0, 2, 2] }, [9, 9, 6]),
    [5, 9, 6],
  );
  assert.deepEqual(shapeOf("upsample", { factor: 3 }, [2, 5, 7]), [6, 15, 7]);
  assert.deepEqual(shapeOf("add", {}, [2, 5, 7], [2, 5, 7]), [2, 5, 7]);
  const batchNorm = { epsilon: 1e-3, momentum: 0.9 };
  assert.deepEqual(shapeOf("batchNorm", batchNorm, [2, 5, 7]), [2, 5, 7]);
  for (const op of ["relu", "relu6", "sigmoid"] as const) {
    assert.deepEqual(shapeOf(op, {}, [2, 5, 7]), [2, 5, 7]);
  }
});

Deno.test("OPS give the shapes of what TinaFace is made of", () => {
  const stem = { kernel: 3, stride: 2, padding: [1, 1, 1, 1] } as const;
  assert.deepEqual(shapeOf("maxPool", stem, [320, 321, 64]), [160, 161, 64]);
  const deform = { ...stem, filters: 8, bias: false };
  assert.deepEqual(shapeOf("deformConv", deform, [9, 8, 5], [5, 4, 18]), [5, 4, 8]);
  assert.deepEqual(shapeOf("groupNorm", { groups: 4, epsilon: 1e-5 }, [2, 5, 8]), [2, 5, 8]);
  assert.deepEqual(shapeOf("concat", {}, [2, 5, 7], [2, 5, 1], [2, 5, 3]), [2, 5, 11]);
  for (const method of ["bilinear", "nearest"] as const) {
    assert.deepEqual(shapeOf("resizeLike", { method }, [2, 5, 7], [4, 9, 3]), [4, 9, 7]);
  }
});

Deno.test("deformConv counts the sampling with the products", () => {
  const attributes = { ...CONV, padding: [1, 1, 1, 1] as const };
  const work = OPS.deformConv.multiplyAdds!(attributes, [[4, 5, 6], [4, 5, 18]], [4, 5, 8]);
  assert.equal(work, 4 * 5 * 9 * 6 * 8 + 4 * 5 * 9 * 6 * 4);
});

Deno.test("OPS refuse inputs that do not go together", () => {
  const deform = { kernel: 3, filters: 8, stride: 1, padding: "same", bias: false } as const;
  assert.throws(() => shapeOf("deformConv", deform, [4, 5, 6], [4, 5, 9]), {
    name: "TypeError",
    message: 'Cannot deform a convolution: offsets are "4,5,9", expected "4,5,18"',
  });
  assert.throws(() => shapeOf("concat", {}, [4, 5, 6], [4, 4, 6]), {
    name: "TypeError",
    message: 'Cannot concatenate activations: shapes are "4,5,6", "4,4,6"',
  });
  assert.throws(() => shapeOf("groupNorm", { groups: 4, epsilon: 1e-5 }, [2, 5, 6]), {
    name: "RangeError",
    message: 'Cannot normalise in groups: "6" channels do not make "4" groups',
  });
});

Deno.test("add refuses activations of two shapes, even of one size", () => {
  assert.throws(() => shapeOf("add", {}, [2, 3, 4], [3, 2, 4]), {
    name: "TypeError",
    message: 'Cannot add activations: shapes are "2,3,4" and "3,2,4"',
  });
});

Deno.test("OPS name the weights as Keras does, and what of them is decayed", () => {
  const node = (op: AnyNode["op"], attributes: unknown) =>
    ({ name: "n", weights: "n", op, inputs: ["x"], attributes, part: "p" }) as AnyNode;
  const of = (node: AnyNode) =>
    definitionOf(node).weights!(node.attributes, [[9, 9, 6]])
      .map(({ role, shape, kind }) => `${role} [${shape}] ${kind}`);
  assert.deepEqual(of(node("conv", CONV)), ["kernel [3,3,6,8] decayed", "bias [8] learned"]);
  assert.deepEqual(of(node("conv", { ...CONV, bias: false })), ["kernel [3,3,6,8] decayed"]);
  assert.deepEqual(of(node("depthwiseConv", { kernel: 3, stride: 1, padding: "same" })), [
    "depthwise_kernel [3,3,6,1] decayed",
  ]);
  assert.deepEqual(of(node("batchNorm", { epsilon: 1, momentum: 1 })), [
    "gamma [6] learned",
    "beta [6] learned",
    "moving_mean [6] averaged",
    "moving_variance [6] averaged",
  ]);
  assert.deepEqual(of(node("deformConv", CONV)), ["kernel [3,3,6,8] decayed", "bias [8] learned"]);
  assert.deepEqual(of(node("groupNorm", { groups: 3, epsilon: 1 })), [
    "gamma [6] learned",
    "beta [6] learned",
  ]);
});
