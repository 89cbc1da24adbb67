// A thread of a training whose photos lie in memory. With "?dies=gradients&call=4" the fourth call of
// that method is its last.
import { serve, type WorkerScope } from "../../lib/training/remote.ts";
import { trainingHandlers, type TrainingMethods } from "../../lib/training/worker_handlers.ts";
import { photoStore } from "./small_run.ts";

/** Photos in the store of every thread, and of the leader. */
export const PHOTO_COUNT = 10;

/** Throws outside of the call, as nobody expects it; the call gets no answer. */
function die(): Promise<never> {
  setTimeout(() => {
    throw new Error("out of order");
  });
  return new Promise(() => {});
}

if ("WorkerGlobalScope" in globalThis) {
  const handlers = trainingHandlers(await photoStore(PHOTO_COUNT));
  const search = new URL(import.meta.url).searchParams;
  let calls = 0;
  const isLast = (method: string) =>
    method === search.get("dies") && ++calls === Number(search.get("call"));
  serve<TrainingMethods>(self as unknown as WorkerScope, {
    ...handlers,
    batch: (which, transfer) => isLast("batch") ? die() : handlers.batch(which, transfer),
    gradients: (request, transfer) =>
      isLast("gradients") ? die() : handlers.gradients(request, transfer),
  });
}
