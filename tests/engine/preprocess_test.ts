// The engine's way from pixels to numbers against `resample` and `normalise`.
import assert from "node:assert/strict";
import fc from "fast-check";
import { EngineNetwork } from "../../lib/engine/network.ts";
import { letterbox } from "../../lib/geometry/letterbox.ts";
import type { View } from "../../lib/geometry/view.ts";
import { GraphBuilder } from "../../lib/graph/builder.ts";
import { normalise } from "../../lib/image/normalise.ts";
import { resample } from "../../lib/image/resample.ts";
import { Random } from "../../lib/numbers/random.ts";
import { assertAllClose } from "../_support/close.ts";
import { ENGINE_BUILDS } from "./builds.ts";

// A network that gives what it sees.
const builder = new GraphBuilder();
const graph = builder.finish({ seen: builder.add("input", "image", [], { channels: 3 }) });
const engines = ENGINE_BUILDS.map(({ module }) => new EngineNetwork(graph, new Map(), module));

const INPUT = { mean: [120, 110, 100], std: [60, 1, 127.5], fill: [3, 200, 77] } as const;

function photo(width: number, height: number, channels: number) {
  const random = new Random([width, height, channels]);
  const data = Uint8Array.from({ length: width * height * channels }, () => random.integer(256));
  return { width, height, data };
}

function assertSeen(image: ReturnType<typeof photo>, view: View): void {
  const { shape, data } = normalise(resample(image, view, INPUT.fill), INPUT);
  for (const engine of engines) {
    const seen = engine.see(image, view, INPUT)["seen"]!;
    assert.deepEqual(seen.shape, shape);
    assertAllClose(seen.data, data, { atol: 1e-4, rtol: 1e-5 }); // a grey level is 1/127.5 at least
  }
}

const side = (max: number) => fc.integer({ min: 1, max });
const views: fc.Arbitrary<View> = fc.record({
  x: fc.double({ min: -20, max: 40, noNaN: true }),
  y: fc.double({ min: -20, max: 40, noNaN: true }),
  width: fc.double({ min: 0.5, max: 90, noNaN: true }),
  height: fc.double({ min: 0.5, max: 90, noNaN: true }),
  outWidth: side(40),
  outHeight: side(40),
  flip: fc.boolean(),
});

Deno.test("EngineNetwork sees any view of a photo as resample() shows it", () => {
  fc.assert(
    fc.property(
      side(50),
      side(50),
      fc.constantFrom(3, 4),
      views,
      (width, height, channels, view) => assertSeen(photo(width, height, channels), view),
    ),
    { numRuns: 300 },
  );
});

Deno.test("EngineNetwork sees photos that are many bands high, and wide ones", () => {
  const frame = { width: 64, height: 48 };
  for (const [width, height] of [[1000, 1500], [3000, 40], [64, 48], [20_000, 30]] as const) {
    for (const channels of [3, 4]) {
      const image = photo(width, height, channels);
      assertSeen(image, letterbox(image, frame));
    }
  }
});

Deno.test("EngineNetwork refuses pixels that do not fit their size, and goes on", () => {
  const image = photo(4, 4, 3), view = letterbox(image, { width: 8, height: 8 });
  const engine = engines[0]!;
  assert.throws(() => engine.see({ ...image, width: 5 }, view, INPUT), {
    name: "TypeError",
    message: /^Cannot read the image: /,
  });
  assert.throws(() => engine.see(image, { ...view, width: NaN }, INPUT), { name: "RangeError" });
  assertSeen(image, view);
});
