/**
 * Face detection as a web service: a function from requests to responses, of Web-standard parts
 * alone, for `deno serve` and every runtime that takes `export default { fetch }`.
 *
 * @module
 */
import { decodeImage, ImageDecodeError, type ImageDecodeErrorCode } from "../codec/decode.ts";
import { encodeBlob, type PictureType } from "../codec/encode_blob.ts";
import type { DetectOptions, Detector, Face } from "../detector/detector.ts";
import { round, roundFace } from "../detector/round_face.ts";
import { anonymize } from "../image/anonymize.ts";
import { drawBoxes } from "../image/draw.ts";
import type { Image } from "../image/image.ts";
import { ANONYMIZE_THRESHOLDS } from "../models/anonymize_thresholds.ts";
import type { ModelName } from "../models/registry.ts";
import { errorResponse, HttpError } from "./http_error.ts";
import {
  type Output,
  type OutputName,
  type PhotoRequest,
  readPhotoRequest,
} from "./photo_request.ts";
import { Turnstile } from "./turnstile.ts";
import { usageHtml, usageJson } from "./usage.ts";

/** What the service needs of a detector. */
export type ServedDetector = Pick<Detector, "detect" | "model">;

/** How {@linkcode createHandler} serves. */
export interface HandlerOptions {
  /** Larger bodies are refused, in bytes. Default 10 MiB. */
  readonly maxBodyBytes?: number;
  /** Photos of more pixels are refused before they are unpacked. Default 32 million. */
  readonly maxPixels?: number;
  /** A body that takes longer is refused, in milliseconds. Default 10,000. */
  readonly bodyTimeoutMs?: number;
  /** Photos in work at once; detection is one thread's work. Default 1. */
  readonly concurrency?: number;
  /** Requests that may wait or still be sending beside those; more are refused. Default 8. */
  readonly maxWaiting?: number;
}

const DEFAULTS: Required<HandlerOptions> = {
  maxBodyBytes: 10 * 2 ** 20,
  maxPixels: 32e6,
  bodyTimeoutMs: 10_000,
  concurrency: 1,
  maxWaiting: 8,
};

/** A function from requests to responses, as runtimes take it. */
export interface Handler {
  /** Answers a request; never rejects. */
  fetch(request: Request): Promise<Response>;
}

/**
 * Makes the service.
 *
 * Files take up to `(concurrency + maxWaiting) · maxBodyBytes`. Pixels take most: at its peak a photo
 * in work takes about 20 bytes a pixel, 40 when a picture is answered (measured in Deno: 0.7 and
 * 1.4 GB for 32 megapixels), so lower `maxPixels` where there is less.
 *
 * @param open Makes the detector; called with the first request that needs it, and again if it failed.
 *
 * @example A service with limits of its own
 * ```ts ignore
 * import { createDetector } from "@tinyface/tinyface";
 * import { createHandler } from "@tinyface/tinyface/handler";
 *
 * export default createHandler(() => createDetector(), { maxPixels: 12e6 });
 * ```
 */
export function createHandler(
  open: () => Promise<ServedDetector>,
  options: HandlerOptions = {},
): Handler {
  const settings = { ...DEFAULTS, ...options };
  const turnstile = new Turnstile(settings);
  let opening: Promise<ServedDetector> | undefined;
  const detector = async (): Promise<ServedDetector> => {
    try {
      return await (opening ??= open());
    } catch {
      opening = undefined;
      throw new HttpError(503, "no_detector", "Cannot find faces: the detector does not start", {
        "retry-after": "10",
      });
    }
  };

  const answerPhoto = (request: Request) =>
    turnstile.visit(async () => {
      const asked = await readPhotoRequest(request, settings);
      return await turnstile.work(async () => answer(asked, await detector(), settings.maxPixels));
    });

  const routes: Record<string, Record<string, (request: Request) => Promise<Response>>> = {
    "/": {
      GET: (request) => Promise.resolve(usageResponse(request, settings)),
      POST: answerPhoto,
    },
    "/health": {
      GET: async () => {
        const { model } = await detector();
        return Response.json({ status: "ok", model, inside: turnstile.inside });
      },
    },
  };

  return {
    fetch: async (request) => {
      try {
        return secured(await route(request, routes));
      } catch (error) {
        return secured(errorResponse(error));
      }
    },
  };
}

/** Calls the function of an address and method; a HEAD is a GET whose body is left out. */
async function route(
  request: Request,
  routes: Readonly<Record<string, Record<string, (request: Request) => Promise<Response>>>>,
): Promise<Response> {
  const { pathname } = new URL(request.url), { method } = request;
  const methods = Object.hasOwn(routes, pathname) ? routes[pathname] : undefined;
  if (methods === undefined) {
    throw new HttpError(404, "not_found", `Cannot find "${pathname}": GET / lists what there is`);
  }
  const allowed = Object.keys(methods).flatMap((name) => name === "GET" ? ["GET", "HEAD"] : [name]);
  if (!allowed.includes(method)) {
    const message = `Cannot ${method} "${pathname}": choose from ${allowed.join(", ")}`;
    throw new HttpError(405, "method_not_allowed", message, { allow: allowed.join(", ") });
  }
  if (method !== "HEAD") return await methods[method]!(request);
  const { status, headers } = await methods.GET!(request);
  return new Response(null, { status, headers });
}

function usageResponse(request: Request, settings: Required<HandlerOptions>): Response {
  return request.headers.get("accept")?.includes("text/html")
    ? new Response(usageHtml(settings), {
      headers: {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; " +
          "form-action 'self'; frame-ancestors 'none'",
      },
    })
    : Response.json(usageJson({
      maxBodyBytes: settings.maxBodyBytes,
      maxPixels: settings.maxPixels,
    }));
}

/** Pictures of what was found. A new one needs a line here and in `OUTPUTS`. */
const PICTURES: {
  readonly [Name in Exclude<OutputName, "json">]: (image: Image, faces: readonly Face[]) => Image;
} = {
  annotated: annotate,
  blurred: (image, faces) => anonymize(image, faces),
};

/** The photo with a box and a score around each face. */
function annotate(image: Image, faces: readonly Face[]): Image {
  const corners = faces.flatMap((
    { box: { x, y, width, height } },
  ) => [x, y, x + width, y + height]);
  const labels = faces.map(({ score }) => `${Math.round(100 * score)}%`);
  return drawBoxes(image, Float32Array.from(corners), { labels });
}

/** Where faces are to be hidden, a missed one does more harm than a hidden lamp. */
function defaultsFor({ name }: Output, { model }: ServedDetector): DetectOptions {
  return name === "blurred" ? { scoreThreshold: ANONYMIZE_THRESHOLDS[model as ModelName] } : {};
}

async function answer(
  { file, options, output }: PhotoRequest,
  detector: ServedDetector,
  maxPixels: number,
): Promise<Response> {
  const start = performance.now();
  const image = await decode(file, maxPixels);
  const decoded = performance.now();
  const faces = await detector.detect(image, { ...defaultsFor(output, detector), ...options });
  const ms = { decode: decoded - start, detect: performance.now() - decoded };
  const { name, type } = output;
  if (name === "json" || type === "application/json") {
    return Response.json({
      width: image.width,
      height: image.height,
      faces: faces.map(roundFace),
      ms: { decode: round(ms.decode, 1), detect: round(ms.detect, 1) },
      model: detector.model,
    });
  }
  const picture = await encode(PICTURES[name](image, faces), type);
  return new Response(picture, {
    headers: { "content-type": type, "x-faces": String(faces.length) },
  });
}

const STATUS_BY_CODE: { readonly [Code in ImageDecodeErrorCode]: number } = {
  not_an_image: 422,
  unsupported: 415,
  truncated: 422,
  too_large: 413,
  corrupt: 422,
};

async function decode(file: Uint8Array<ArrayBuffer>, maxPixels: number): Promise<Image> {
  try {
    return await decodeImage(file, { maxPixels });
  } catch (error) {
    if (!(error instanceof ImageDecodeError)) throw error;
    const { code, message } = error;
    throw new HttpError(STATUS_BY_CODE[code], code, message);
  }
}

async function encode(picture: Image, type: PictureType): Promise<Blob> {
  try {
    return await encodeBlob(picture, type);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new HttpError(501, "no_encoder", error.message);
  }
}

/** Browsers must not guess what an answer is, nor keep someone's photo. */
function secured(response: Response): Response {
  response.headers.set("x-content-type-options", "nosniff");
  response.headers.set("cache-control", "no-store");
  return response;
}
