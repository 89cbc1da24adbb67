import assert from "node:assert/strict";
import { formatDuration, Progress, type ProgressOutput } from "../../lib/cli/progress.ts";

/** An output that remembers, with a clock that stands still until it is told. */
function fakeOutput(isTerminal: boolean) {
  const state = { written: "", nowMs: 0 };
  const output: ProgressOutput = {
    isTerminal,
    columns: () => 12,
    write: (text) => void (state.written += text),
    now: () => state.nowMs,
  };
  return { state, progress: new Progress(output) };
}

Deno.test("Progress rewrites one line on a terminal, ten times a second at most", () => {
  const { state, progress } = fakeOutput(true);
  progress.show("1 of 9");
  state.nowMs = 99;
  progress.show("2 of 9");
  state.nowMs = 100;
  progress.show("3 of 9");
  assert.equal(state.written, "\r\x1b[K1 of 9\r\x1b[K3 of 9");
});

Deno.test("Progress cuts its line to the terminal, else rewriting would leave rows behind", () => {
  const { state, progress } = fakeOutput(true);
  progress.show("123456789 123456789");
  assert.equal(state.written, "\r\x1b[K123456789 1");
});

Deno.test("Progress clears its line and shows the next at once", () => {
  const { state, progress } = fakeOutput(true);
  progress.show("a");
  progress.clear();
  progress.show("b");
  assert.equal(state.written, "\r\x1b[Ka\r\x1b[K\r\x1b[Kb");
});

Deno.test("Progress writes whole lines every ten seconds elsewhere, the first after ten", () => {
  const { state, progress } = fakeOutput(false);
  for (let second = 0; second <= 25; second++) {
    state.nowMs = 1000 * second;
    progress.show(`${second} of 25, a line longer than a terminal`);
    progress.clear();
  }
  assert.deepEqual(state.written.split("\n").map((line) => line.slice(0, 8)), [
    "10 of 25",
    "20 of 25",
    "",
  ]);
});

Deno.test("formatDuration() says lengths of time as people do", () => {
  const ms = [0, 400, 8000, 59_600, 200_000, 3_600_000, 7_530_000];
  assert.deepEqual(ms.map(formatDuration), [
    "0 s",
    "0 s",
    "8 s",
    "1 min 0 s",
    "3 min 20 s",
    "1 h 0 min",
    "2 h 5 min",
  ]);
});
