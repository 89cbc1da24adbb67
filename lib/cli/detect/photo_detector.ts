/**
 * Detectors as `detect` uses them: one in this thread, or several in threads of their own.
 *
 * @module
 */
import type { Detector } from "../../detector/detector.ts";
import { type Remote, remote } from "../../training/remote.ts";
import { denoStore } from "../deno_store.ts";
import { CliError, type ExitCode } from "../exit_codes.ts";
import { type CreateDetector, type DetectorRequest, openDetector } from "../open_detector.ts";
import { type PhotoBytes, processPhoto, type Product } from "./process_photo.ts";
import type { PhotoReport } from "./report.ts";

/** A detector as far as this command uses it. */
export type FaceDetector = Pick<Detector, "detect" | "dispose" | "model" | "device">;

/** What there is to say about a detector. */
export type DetectorInfo = Readonly<Pick<Detector, "model" | "device">>;

/** A detector that takes photos as bytes, one at a time. */
export interface PhotoDetector extends DetectorInfo, Disposable {
  /** Finds the faces of a photo, and draws them. The bytes are given away. */
  process(photo: PhotoBytes, product: Product): Promise<PhotoReport>;
}

/** Makes a detector in this thread. Throws what {@linkcode openDetector} throws. */
export async function openPhotoDetector(
  create: CreateDetector<FaceDetector>,
  request: DetectorRequest,
): Promise<PhotoDetector> {
  const detector = await openDetector(denoStore, create, request);
  return {
    model: detector.model,
    device: detector.device,
    process: (photo, product) => processPhoto(photo, detector, product),
    [Symbol.dispose]: () => detector.dispose(),
  };
}

/** What `worker.ts` does when it is asked. */
export type DetectMethods = {
  /** Makes the detector; what is wrong comes back as data, because errors lose their class. */
  readonly open: (
    request: DetectorRequest,
  ) => DetectorInfo | {
    readonly failed: { readonly message: string; readonly exitCode: ExitCode };
  };
  /** See {@linkcode PhotoDetector}. */
  readonly process: (
    task: { readonly photo: PhotoBytes; readonly product: Product },
  ) => PhotoReport;
};

/** Starts a thread with a detector of its own. Throws what {@linkcode openDetector} throws. */
export async function startWorkerDetector(
  request: DetectorRequest,
  name: string,
): Promise<PhotoDetector> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const thread: Remote<DetectMethods> = remote(worker, name);
  try {
    const opened = await thread.call("open", request);
    if ("failed" in opened) throw new CliError(opened.failed.exitCode, opened.failed.message);
    return {
      ...opened,
      process: (photo, product) => thread.call("process", { photo, product }, [photo.bytes.buffer]),
      [Symbol.dispose]: () => thread.close(),
    };
  } catch (error) {
    thread.close();
    throw error;
  }
}

/** Starts so many threads; when one cannot be had, the others are ended. */
async function startAll(
  count: number,
  start: (number: number) => Promise<PhotoDetector>,
): Promise<PhotoDetector[]> {
  const started = await Promise.allSettled(Array.from({ length: count }, (_, k) => start(k + 1)));
  const detectors = started.flatMap((result) =>
    result.status === "fulfilled" ? [result.value] : []
  );
  const failure = started.find((result) => result.status === "rejected");
  if (failure === undefined) return detectors;
  for (const detector of detectors) detector[Symbol.dispose]();
  throw failure.reason;
}

/** How {@linkcode openPhotoDetectors} makes detectors. */
export interface DetectorMakers {
  /** In this thread. */
  readonly createDetector: CreateDetector<FaceDetector>;
  /** In another one. */
  readonly startWorker: (request: DetectorRequest, name: string) => Promise<PhotoDetector>;
}

/**
 * So many detectors: one in this thread, several in threads of their own. The caller disposes them.
 *
 * Throws what {@linkcode openDetector} throws.
 */
export async function openPhotoDetectors(
  count: number,
  { createDetector, startWorker }: DetectorMakers,
  request: DetectorRequest,
): Promise<PhotoDetector[]> {
  if (count === 1) return [await openPhotoDetector(createDetector, request)];
  return await startPhotoDetectors(count, { createDetector, startWorker }, request);
}

/** So many detectors, each in a thread of its own, even a single one: this thread stays free. */
export async function startPhotoDetectors(
  count: number,
  { createDetector, startWorker }: DetectorMakers,
  request: DetectorRequest,
): Promise<PhotoDetector[]> {
  // The device is chosen here: a process in which several threads have looked for a WebGPU adapter
  // may crash as it ends (Deno 2.9.6 with Mesa's lavapipe: one time in four).
  const { device, [Symbol.dispose]: dispose } = await openPhotoDetector(createDetector, request);
  dispose();
  const detectors = await startAll(
    count,
    (number) => startWorker({ ...request, device: device.name }, `detection thread ${number}`),
  );
  return detectors.map((detector) => ({ ...detector, device }));
}
