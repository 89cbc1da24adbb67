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
  assert.deepEqual(streamAt(640, 0).flows.map(({ rows }) => rows), [2, 2, 2, 2, 2, 2, 2, 2]);
});

Deno.test("sizedSteps() keeps what lies under the windows that reach further down", () => {
  const { layers, flows } = streamAt(640, 0);
  const places = (name: string) => {
    return flows[layers.findIndex(({ node }) => node.name === name)]!.places;
  };
  // Two rows more for 3 × 3, one more where rows are pooled in pairs.
  assert.equal(places("stage_1_1_pointwise"), 4);
  assert.equal(places("stage_1_1_depthwise"), 2);
  assert.equal(places("stage_2_1_pointwise"), 5);
});
