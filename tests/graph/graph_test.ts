// Building graphs and walking back through them.
import assert from "node:assert/strict";
import { GraphBuilder } from "../../lib/graph/builder.ts";
import { ancestors } from "../../lib/graph/graph.ts";

/** image → a → b → sum(a, b) → out, and a side branch that nothing reads. */
function diamond() {
  const builder = new GraphBuilder().part("backbone");
  const image = builder.add("input", "image", [], { channels: 3 });
  const a = builder.add("relu", "a", [image], {});
  builder.add("sigmoid", "side", [a], {});
  builder.part("head");
  const b = builder.add("relu6", "b", [a], {});
  const sum = builder.add("add", "sum", [a, b], {});
  return builder.finish({ result: builder.add("sigmoid", "out", [sum], {}) });
}

Deno.test("GraphBuilder keeps nodes in order, with their parts", () => {
  const { nodes, outputs } = diamond();
  assert.deepEqual(nodes.map(({ name }) => name), ["image", "a", "side", "b", "sum", "out"]);
  assert.deepEqual(nodes.map(({ part }) => part), [
    "backbone",
    "backbone",
    "backbone",
    "head",
    "head",
    "head",
  ]);
  assert.deepEqual(outputs, { result: "out" });
  assert.deepEqual(JSON.parse(JSON.stringify({ nodes, outputs })), { nodes, outputs });
});

Deno.test("GraphBuilder refuses wrong wiring at once", () => {
  const builder = new GraphBuilder();
  builder.add("input", "image", [], { channels: 3 });
  const refusals: [() => unknown, string][] = [
    [
      () => builder.add("relu", "image", ["image"], {}),
      'Cannot add node "image": the name is taken',
    ],
    [
      () => builder.add("relu", "r", ["later"], {}),
      'Cannot add node "r": input "later" is not in the graph',
    ],
    [
      () => builder.add("relu", "r", ["r"], {}),
      'Cannot add node "r": input "r" is not in the graph',
    ],
    [() => builder.add("add", "s", ["image"], {}), 'Cannot add node "s": it has "1" inputs'],
    [
      () => builder.add("relu", "r", ["image", "image"], {}),
      'Cannot add node "r": it has "2" inputs',
    ],
    [() => builder.finish({ grid: "r" }), 'Cannot finish the graph: output "grid" is "r"'],
  ];
  for (const [attempt, message] of refusals) {
    assert.throws(attempt, { name: "RangeError", message });
  }
  assert.equal(builder.finish({}).nodes.length, 1, "nothing of it has stayed");
});

Deno.test("GraphBuilder gives a node its own weights or another one's", () => {
  const builder = new GraphBuilder();
  builder.add("input", "image", [], { channels: 3 });
  const conv = { kernel: 1, filters: 3, stride: 1, padding: "same", bias: true } as const;
  builder.add("conv", "own", ["image"], conv);
  builder.add("conv", "shared", ["own"], conv, "own");
  const { nodes } = builder.finish({});
  assert.deepEqual(nodes.map(({ weights }) => weights), ["image", "own", "own"]);
});

Deno.test("ancestors() are what a node needs, in the order of the graph", () => {
  const names = (targets: string[], known: string[] = []) =>
    ancestors(diamond(), targets, new Set(known)).map(({ name }) => name);
  assert.deepEqual(names(["out"]), ["image", "a", "b", "sum", "out"]);
  assert.deepEqual(names(["side", "b"]), ["image", "a", "side", "b"]);
  assert.deepEqual(names(["out"], ["a"]), ["b", "sum", "out"]);
  assert.deepEqual(names(["out"], ["b"]), ["image", "a", "sum", "out"]);
  assert.deepEqual(names(["a"], ["a"]), []);
});
