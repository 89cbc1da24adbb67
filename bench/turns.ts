/**
 * Contestants that take turns, round by round, so that all see the same machine.
 *
 * @module
 */
import { median } from "../lib/evaluation/evaluate.ts";

/** Does its work once and tells how many milliseconds that took. */
export type Run = () => Promise<number>;

/** Milliseconds of each measured run, by contestant. */
export type Times = Readonly<Record<string, readonly number[]>>;

const WARM_UP_ROUNDS = 3;

/**
 * In a row, before the next one's turn. The first is not measured: it finds the caches full of what
 * the one before it needs, which costs the fastest most.
 */
const RUNS_A_TURN = 4;

/** A run that takes as long as a function or what it promises. */
export function timed(work: () => unknown): Run {
  return async () => {
    const start = performance.now();
    await work();
    return performance.now() - start;
  };
}

/** Lets all contestants have their turns: some rounds that are not measured, then `rounds`. */
export async function takeTurns(
  contestants: Readonly<Record<string, Run>>,
  rounds: number,
): Promise<Times> {
  const times = Object.fromEntries(Object.keys(contestants).map((name) => [name, [] as number[]]));
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    for (const [name, run] of Object.entries(contestants)) {
      for (let i = 0; i < RUNS_A_TURN; i++) {
        const ms = await run();
        if (round >= 0 && i > 0) times[name]!.push(ms);
      }
    }
  }
  return times;
}

/** Cells for a table, a row by contestant: name, median, fastest, median by that of the first. */
export function speeds(times: Times): string[][] {
  const first = median(Object.values(times)[0]!);
  return Object.entries(times).map(([name, all]) => [
    name,
    median(all).toFixed(2),
    Math.min(...all).toFixed(2),
    (median(all) / first).toFixed(2),
  ]);
}
