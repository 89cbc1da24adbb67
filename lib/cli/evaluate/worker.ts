/**
 * A worker of `deno task evaluate --jobs`: a detector of its own that answers photo by photo.
 * `worker_finder.ts` is the other end.
 *
 * @module
 */
/// <reference lib="webworker" />
import { createDetector } from "../../detector/detector.ts";
import { type PhotoRef, UnreadablePhotoError } from "../../evaluation/find_faces.ts";
import { denoStore } from "../deno_store.ts";
import { CliError } from "../exit_codes.ts";
import { type Finder, type FinderRequest, openFinder } from "./finder.ts";
import type { FinderReply } from "./worker_finder.ts";

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
let finder: Finder | undefined;

/** The first message asks for a detector, every further one for the faces of a photo. */
async function answer(message: FinderRequest | PhotoRef): Promise<FinderReply> {
  if (finder !== undefined) return { found: await finder.find(message as PhotoRef) };
  finder = await openFinder(denoStore, createDetector, message as FinderRequest);
  const { model, device, inputSize } = finder;
  return { ready: { model, device, inputSize } };
}

function failure(error: Error): FinderReply {
  if (error instanceof UnreadablePhotoError) return { unreadable: error.message };
  return {
    failed: {
      message: error.message,
      exitCode: error instanceof CliError ? error.exitCode : undefined,
    },
  };
}

scope.onmessage = async ({ data }: MessageEvent<FinderRequest | PhotoRef>) => {
  scope.postMessage(await answer(data).catch(failure));
};
