/**
 * A thread of a training; `train_threads.ts` starts it.
 *
 * @module
 */
import { serve, type WorkerScope } from "../../training/remote.ts";
import { trainingHandlers, type TrainingMethods } from "../../training/worker_handlers.ts";
import { denoStore } from "../deno_store.ts";

serve<TrainingMethods>(self as unknown as WorkerScope, trainingHandlers(denoStore));
