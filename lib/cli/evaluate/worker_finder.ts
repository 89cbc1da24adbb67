/**
 * A finder that runs in a worker; `evaluate_worker.ts` is what runs there.
 *
 * @module
 */
import {
  type PhotoFaces,
  type PhotoRef,
  UnreadablePhotoError,
} from "../../evaluation/find_faces.ts";
import { CliError, EXIT, type ExitCode } from "../exit_codes.ts";
import type { Finder, FinderInfo, FinderRequest } from "./finder.ts";

/** What the worker answers: exactly one of these. */
export type FinderReply =
  | { readonly ready: FinderInfo }
  | { readonly found: PhotoFaces }
  | { readonly unreadable: string }
  | { readonly failed: { readonly message: string; readonly exitCode: ExitCode | undefined } };

/** Sends a message and waits for its answer; what went wrong over there is thrown here. */
function ask(
  worker: Worker,
  message: FinderRequest | PhotoRef,
): Promise<Exclude<FinderReply, { unreadable: string } | { failed: unknown }>> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<FinderReply>) => {
      if ("unreadable" in data) return reject(new UnreadablePhotoError(data.unreadable));
      if ("failed" in data) {
        const { message, exitCode = EXIT.someFailed } = data.failed;
        return reject(new CliError(exitCode, message));
      }
      resolve(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new CliError(EXIT.someFailed, `Cannot go on: a worker has died: ${event.message}`));
    };
    worker.postMessage(message);
  });
}

/**
 * Starts a worker with a detector of its own. Photos and weights are read there, from the file system.
 *
 * Throws what `openFinder` throws.
 */
export async function startWorkerFinder(request: FinderRequest): Promise<Finder> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const dispose = () => worker.terminate();
  try {
    const { ready } = await ask(worker, request) as { ready: FinderInfo };
    const find = async ({ path, orientation }: PhotoRef) => {
      const { found } = await ask(worker, { path, orientation }) as { found: PhotoFaces };
      return found;
    };
    return { ...ready, find, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}
