/**
 * The metrics of a run as JSONL: one object a line, in the order of the steps.
 *
 * @module
 */
import type { Store } from "../files/store.ts";

/** One line: the step it belongs to, and whatever was measured then. NaN is written as `null`. */
export interface MetricsLine {
  /** Updates made so far. */
  readonly step: number;
  /** Anything else. */
  readonly [metric: string]: number | string | null;
}

/** Step of a line; NaN when the line is not one of ours (torn by a crash, for example). */
function stepOf(line: string): number {
  try {
    return Number(JSON.parse(line)?.step);
  } catch {
    return NaN;
  }
}

/** Adds a line to the file; makes the file. */
export async function appendMetrics(store: Store, path: string, line: MetricsLine): Promise<void> {
  await store.append(path, new TextEncoder().encode(`${JSON.stringify(line)}\n`));
}

/**
 * Drops the lines after a step, so that a run that is resumed there does not say things twice. Nothing
 * happens when there is no file.
 */
export async function truncateMetrics(store: Store, path: string, step: number): Promise<void> {
  if (!await store.has(path)) return;
  const lines = new TextDecoder().decode(await store.read(path)).split("\n");
  const kept = lines.filter((line) => stepOf(line) <= step);
  await store.write(path, new TextEncoder().encode(kept.map((line) => `${line}\n`).join("")));
}
