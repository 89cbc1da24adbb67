// Which batch norms take their activation along.
import assert from "node:assert/strict";
import { GraphBuilder } from "../../lib/graph/builder.ts";
import { fusedActivations } from "../../lib/graph/fusion.ts";
import type { Graph } from "../../lib/graph/graph.ts";

const NORM = { epsilon: 1e-3, momentum: 0.9 };

function fusedIn(grow: (builder: GraphBuilder, norm: string) => Record<string, string>) {
  const builder = new GraphBuilder();
  builder.add("input", "image", [], { channels: 3 });
  const norm = builder.add("batchNorm", "norm", ["image"], NORM);
  const graph: Graph = builder.finish(grow(builder, norm));
  return Object.fromEntries([...fusedActivations(graph)].map(([from, { name }]) => [from, name]));
}

Deno.test("fusedActivations() finds the only reader of a batch norm", () => {
  for (const op of ["relu", "relu6"] as const) {
    assert.deepEqual(
      fusedIn((b, norm) => ({ out: b.add("sigmoid", "s", [b.add(op, "act", [norm], {})], {}) })),
      { norm: "act" },
    );
  }
});

Deno.test("fusedActivations() leaves a batch norm that others see as it is", () => {
  const cases: Parameters<typeof fusedIn>[0][] = [
    (b, norm) => ({ out: b.add("sigmoid", "s", [norm], {}) }),
    (b, norm) => ({ out: b.add("add", "twice", [norm, norm], {}) }),
    (b, norm) => ({ out: b.add("add", "sum", [b.add("relu", "r", [norm], {}), norm], {}) }),
    (b, norm) => ({ a: b.add("relu", "r", [norm], {}), b: b.add("relu6", "r6", [norm], {}) }),
    (b, norm) => ({ out: b.add("relu", "r", [norm], {}), features: norm }),
    (_, norm) => ({ out: norm }),
  ];
  for (const grow of cases) assert.deepEqual(fusedIn(grow), {});
});
