/**
 * Face detection as a web service: `deno task serve`, or deployed as it is to a runtime that takes
 * `export default { fetch }`. POST a photo, get its faces; GET / says more.
 *
 * @module
 */
import { createDetector } from "./lib/detector/detector.ts";
import { createHandler, type Handler } from "./lib/http/handler.ts";

export {
  createHandler,
  type Handler,
  type HandlerOptions,
  type ServedDetector,
} from "./lib/http/handler.ts";

/** The service with the model that ships. */
const handler: Handler = createHandler(() => createDetector());
export default handler;
