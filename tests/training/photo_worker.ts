// A thread of a training whose photos lie in memory; told to, it dies.
import { serve } from "../../lib/training/remote.ts";
import { trainingHandlers } from "../../lib/training/worker_handlers.ts";
import { photoStore } from "./small_run.ts";

/** Photos in the store of every thread, and of the leader. */
export const PHOTO_COUNT = 10;

if ("postMessage" in globalThis) {
  const handlers = trainingHandlers(await photoStore(PHOTO_COUNT));
  const deadly = new URLSearchParams(new URL(import.meta.url).search).get("dies");
  let calls = 0;
  serve(self as unknown as Parameters<typeof serve>[0], {
    ...handlers,
    gradients: (request, transfer) => {
      // Outside of the call, as when a thread runs out of memory.
      if (`${++calls}` === deadly) {
        setTimeout(() => {
          throw new Error("out of order");
        });
      }
      return `${calls}` === deadly ? new Promise(() => {}) : handlers.gradients(request, transfer);
    },
  });
}
