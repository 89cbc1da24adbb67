import assert from "node:assert/strict";
import fc from "fast-check";
import { RunStats, TimeCounts } from "../../../lib/cli/detect/stats.ts";

Deno.test("TimeCounts.quantile() is within a percent of the sorted times", () =>
  fc.assert(fc.property(
    fc.array(fc.double({ min: 0.01, max: 1e6, noNaN: true }), { minLength: 1 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    (times, part) => {
      const counts = new TimeCounts();
      for (const time of times) counts.add(time);
      const exact = times.toSorted((a, b) =>
        a - b
      )[Math.max(0, Math.ceil(part * times.length) - 1)]!;
      assert.ok(Math.abs(counts.quantile(part) / exact - 1) <= 0.01);
    },
  )));

Deno.test("RunStats counts photos, failures and faces, and the times of those that went well", () => {
  const stats = new RunStats(), box = { x: 0, y: 0, width: 1, height: 1 };
  const face = { box, score: 1 };
  stats.add(
    { image: "a", width: 1, height: 1, faces: [face, face], ms: { decode: 4 }, model: "m" },
    10,
  );
  stats.add({ image: "b", error: { code: "failed", message: "" } }, 1000);
  const { photos, failed, faces, ms } = stats.summary();
  assert.deepEqual({ photos, failed, faces }, { photos: 2, failed: 1, faces: 2 });
  const all = (time: number) => ({ mean: time, p50: time, p95: time, p99: time, max: time });
  assert.deepEqual(Object.keys(ms as object), ["decode", "photo"]);
  assert.equal((ms as Record<string, ReturnType<typeof all>>).photo!.max, 10);
});
