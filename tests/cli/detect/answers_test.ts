import assert from "node:assert/strict";
import { answersTo, type Task } from "../../../lib/cli/detect/answers.ts";
import type { PhotoDetector } from "../../../lib/cli/detect/photo_detector.ts";

const PRODUCT = { output: undefined, labels: false, settings: undefined };

/** Detectors that take a random time, and how many photos were in hand at most. */
function slowDetectors(count: number) {
  const seen = { busy: 0, mostBusy: 0 };
  const detector: PhotoDetector = {
    model: "tiny",
    device: { name: "cpu", reason: "it is a test" },
    process: async ({ path }) => {
      seen.mostBusy = Math.max(seen.mostBusy, ++seen.busy);
      await new Promise((resolve) => setTimeout(resolve, 8 * Math.random()));
      seen.busy--;
      return { image: path, width: 1, height: 1, faces: [], ms: {}, model: "tiny" };
    },
    [Symbol.dispose]: () => {},
  };
  return { seen, detectors: Array.from({ length: count }, () => detector) };
}

/** Tasks without an end; `begun` counts those that were asked for. */
function endlessTasks() {
  const counts = { begun: 0 };
  async function* tasks(): AsyncGenerator<Task, void, void> {
    for (;;) {
      const path = String(counts.begun++);
      const read = () =>
        path === "5" ? Promise.reject(new Error("gone")) : Promise.resolve(new Uint8Array(1));
      yield await Promise.resolve({ photo: { path, outputName: "", read }, product: PRODUCT });
    }
  }
  return { counts, tasks: tasks() };
}

const never = new AbortController().signal;

Deno.test("answersTo() answers in order, by all detectors, and does not run ahead", async () => {
  const { seen, detectors } = slowDetectors(3), { counts, tasks } = endlessTasks();
  const images: string[] = [];
  for await (const { report } of answersTo(tasks, detectors, never)) {
    images.push(report.image);
    assert.equal("error" in report, report.image === "5");
    assert.ok(
      counts.begun <= images.length + 8,
      `${counts.begun} begun, ${images.length} answered`,
    );
    if (images.length === 40) break;
  }
  assert.deepEqual(images, Array.from({ length: 40 }, (_, i) => String(i)));
  assert.equal(seen.mostBusy, 3);
});

Deno.test("answersTo() answers what is in hand when it is stopped, and waits for nothing else", async () => {
  const { detectors } = slowDetectors(2), stop = new AbortController();
  const { tasks } = endlessTasks();
  async function* thenSilent(): AsyncGenerator<Task, void, void> {
    for (let i = 0; i < 3; i++) yield (await tasks.next()).value!;
    await new Promise(() => {});
  }
  const images: string[] = [];
  for await (const { report } of answersTo(thenSilent(), detectors, stop.signal)) {
    images.push(report.image);
    if (images.length === 1) stop.abort();
  }
  assert.deepEqual(images, ["0", "1", "2"]);
});

Deno.test("answersTo() throws what the source throws", async () => {
  async function* broken(): AsyncGenerator<Task, void, void> {
    yield await Promise.reject(new Error("the list is torn"));
  }
  await assert.rejects(
    Array.fromAsync(answersTo(broken(), slowDetectors(1).detectors, never)),
    /the list is torn/,
  );
});
