// How many rows of each layer of a chain are computed at a time.
import assert from "node:assert/strict";
import { type Chain, stepsOf } from "../../lib/engine/steps.ts";
import { sizedSteps, type Stream } from "../../lib/engine/streams.ts";
import { inferShapes } from "../../lib/graph/analysis.ts";
import { inferenceModel } from "../../lib/models/registry.ts";

const { graph } = inferenceModel("edge");
const chain = stepsOf(graph).find(({ output }) => output === "pool_2") as Chain;

/** The layers between two pools, at an input size. */
function streamAt(side: number, cacheBytes: number): Stream {
  const shapes = inferShapes(graph, { width: side, height: side });
  return sizedSteps([chain], shapes, cacheBytes)[0] as Stream;
}

Deno.test("sizedSteps() lets layers give all rows at once that fit in the cache", () => {
  assert.ok(streamAt(64, 1 << 30).flows.every(({ rows, places }) => rows >= places));
});

Deno.test("sizedSteps() lets layers give more rows where there is a larger cache", () => {
  const rows = [20, 21, 22].map((bits) => {
    const { flows } = streamAt(256, 2 ** bits);
    assert.ok(flows.reduce((sum, { bytes }) => sum + bytes, 0) <= 2 ** bits);
    return flows.at(-1)!.rows;
  });
  assert.deepEqual(rows, [...new Set(rows)].sort((a, b) => a - b));
});

Deno.test("sizedSteps() lets layers give two rows at a time where no more fit", () => {
  const rows = streamAt(640, 0).flows.map(({ rows }) => rows);
  // Twice as many go into a pool as come out.
  assert.deepEqual(rows, [4, 4, 4, 4, 4, 4, 4, 4, 2]);
});

Deno.test("sizedSteps() keeps what lies under the windows that reach further down", () => {
  const { layers, flows } = streamAt(640, 0);
  const at = (name: string) => flows[layers.findIndex(({ node }) => node.name === name)]!;
  // Two rows more for 3 × 3; for a pool an even number.
  assert.equal(at("stage_1_1_pointwise").places, at("stage_1_1_pointwise").rows + 2);
  assert.equal(at("stage_1_1_depthwise").places, at("stage_1_1_depthwise").rows);
  assert.equal(at("stage_2_1_depthwise").places, at("stage_2_1_depthwise").rows + 2);
  assert.equal(at("pool_2").places, 80);
});
