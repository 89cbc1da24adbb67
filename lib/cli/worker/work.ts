/**
 * A worker: takes jobs from a queue, answers them, and only then says that they are done. Whatever
 * kills it, its jobs go to another one.
 *
 * @module
 */
import type { JsMsg } from "../../deps/nats.ts";
import { parseJob } from "../detect/jobs.ts";
import type { PhotoDetector } from "../detect/photo_detector.ts";
import { keyOf, type Photo } from "../detect/photos.ts";
import { Pool } from "../detect/pool.ts";
import { failureOf } from "../detect/process_photo.ts";
import { jsonLine, type PhotoReport } from "../detect/report.ts";
import type { RunStats } from "../detect/stats.ts";
import { reportOn } from "../detect/timed_report.ts";
import type { PhotoQueue } from "./queue.ts";

/** How a worker works. */
export interface WorkOptions {
  /** Times that a job is tried before it is parked. */
  readonly tries: number;
  /** See {@linkcode QueueAddress}; the worker speaks of its jobs three times as often. */
  readonly ackWaitMs: number;
  /** Whether to end when the queue is empty. */
  readonly untilEmpty: boolean;
  /** When it is aborted no further job is taken; those in hand are answered. */
  readonly signal: AbortSignal;
  /** Told about failures and the coming and going of the server. */
  readonly warn: (sentence: string) => void;
  /** Counts what was done. */
  readonly stats: RunStats;
}

/** After this long a job is taken to be stuck: the server may give it to another worker. */
const STUCK_MS = 10 * 60_000;
/** Time between two tries of something that the server did not take. */
const RETRY_MS = 1_000;
const PRODUCT = { output: undefined, labels: false, settings: undefined };

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}

/** Tells the server that a job is being worked on, until it is disposed. */
function heartbeat(message: JsMsg, ackWaitMs: number): Disposable {
  const end = performance.now() + STUCK_MS;
  const timer = setInterval(() => performance.now() < end && message.working(), ackWaitMs / 3);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Whether another try may help: a server that is down, a disk that is away; not a broken photo. */
function mayPass(report: PhotoReport): boolean {
  return "error" in report && report.error.code === "failed";
}

/** Works until it is stopped or, where that is wanted, the queue is empty. */
export async function work(
  queue: PhotoQueue,
  detectors: readonly PhotoDetector[],
  { tries, ackWaitMs, untilEmpty, signal, warn, stats }: WorkOptions,
): Promise<void> {
  const pool = new Pool(detectors), jobs = await queue.jobs();
  const empty = new AbortController(), stop = AbortSignal.any([signal, empty.signal]);

  /** Tries until the server takes it; what is not acknowledged meanwhile goes to another worker. */
  const insist = async <Result>(what: () => Promise<Result>): Promise<Result | undefined> => {
    for (;;) {
      try {
        return await what();
      } catch (error) {
        if (signal.aborted) return undefined; // the server is gone, and so is this worker soon
        warn(`error: Cannot reach the queue: ${(error as Error).message}; trying again`);
        await pause(RETRY_MS, signal);
      }
    }
  };

  /** Publishes the answer, then acknowledges the job; a redelivered one keeps its first answer. */
  const answer = async (message: JsMsg, photo: Photo, report: PhotoReport, ms: number) => {
    if ("error" in report) warn(`error: ${keyOf(photo)}: ${report.error.message}`);
    const isFirst = await insist(() => queue.answer(keyOf(photo), jsonLine(report)));
    if (isFirst === undefined) return;
    if (isFirst) stats.add(report, ms);
    message.ack();
  };

  const park = async (message: JsMsg, photo: Photo, report: PhotoReport) => {
    if (await insist(() => queue.park(message.data).then(() => true))) {
      await answer(message, photo, report, 0);
    }
  };

  const handle = async (message: JsMsg) => {
    using _ = heartbeat(message, ackWaitMs);
    const { deliveryCount, streamSequence } = message.info;
    const photo = parseJob(message.string(), `job ${streamSequence}`);
    if (deliveryCount > tries) {
      const problem = `given up: ${tries} tries ended without an answer, see the parked jobs`;
      const error = { code: "parked", message: `Cannot find faces: ${problem}` };
      return await park(message, photo, { ...failureOf(photo, new Error()), error });
    }
    const { report, ms } = await reportOn(photo, PRODUCT, pool);
    if (!mayPass(report)) return await answer(message, photo, report, ms);
    if (deliveryCount === tries) return await park(message, photo, report);
    message.nak(Math.min(RETRY_MS * 2 ** deliveryCount, 60_000));
  };

  const isEmpty = async () => {
    const { waiting, inHand } = await queue.state();
    return waiting + inHand === 0;
  };

  const slot = async () => {
    while (!stop.aborted) {
      try {
        const message = await jobs.next();
        // One that comes after the stop is in hand as well: given back, it would count as that for long.
        if (message !== null) await handle(message);
        else if (untilEmpty && await isEmpty()) empty.abort();
      } catch (error) {
        if (error instanceof Error && error.name === "WorkerLostError") throw error;
        if (stop.aborted) return;
        await pause(RETRY_MS, stop);
      }
    }
  };
  // One photo is read while another one is looked at.
  await Promise.all(Array.from({ length: 2 * detectors.length }, slot));
}
