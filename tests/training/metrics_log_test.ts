import assert from "node:assert/strict";
import { appendMetrics, truncateMetrics } from "../../lib/training/metrics_log.ts";
import { MemoryStore } from "../_support/memory_store.ts";

Deno.test("appendMetrics() writes one JSON object a line", async () => {
  const store = new MemoryStore();
  await appendMetrics(store, "run/metrics.jsonl", { step: 10, loss: 0.5 });
  await appendMetrics(store, "run/metrics.jsonl", { step: 20, loss: NaN, device: "cpu" });
  assert.equal(
    await store.text("run/metrics.jsonl"),
    '{"step":10,"loss":0.5}\n{"step":20,"loss":null,"device":"cpu"}\n',
  );
});

Deno.test("truncateMetrics() keeps the lines up to a step and drops a torn one", async () => {
  const store = new MemoryStore();
  for (const step of [10, 20, 30]) await appendMetrics(store, "m.jsonl", { step });
  await store.append("m.jsonl", new TextEncoder().encode('{"step": 5, "lo'));
  await truncateMetrics(store, "m.jsonl", 20);
  assert.equal(await store.text("m.jsonl"), '{"step":10}\n{"step":20}\n');
  await appendMetrics(store, "m.jsonl", { step: 21 });
  assert.equal(await store.text("m.jsonl"), '{"step":10}\n{"step":20}\n{"step":21}\n');
});

Deno.test("truncateMetrics() makes no file where there is none", async () => {
  const store = new MemoryStore();
  await truncateMetrics(store, "m.jsonl", 20);
  assert.equal(store.files.size, 0);
});
