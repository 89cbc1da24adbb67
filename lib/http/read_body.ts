/**
 * Reads what a stranger sends: so many bytes and so long, no more.
 *
 * @module
 */
import { joinBytes } from "../files/protobuf.ts";
import { HttpError } from "./http_error.ts";

/** How much and how long is read. */
export interface BodyLimits {
  /** Most bytes of a body. */
  readonly maxBodyBytes: number;
  /** Milliseconds in which a body must have come. */
  readonly bodyTimeoutMs: number;
}

/**
 * The bytes of a request.
 *
 * Rejects with an {@linkcode HttpError}: 400 when it breaks off or is empty, 408 when it is too slow,
 * 413 when it is or says that it is too large.
 */
export async function readBody(
  request: Request,
  { maxBodyBytes, bodyTimeoutMs }: BodyLimits,
): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = () =>
    new HttpError(413, "too_large", `Cannot read the body: it has more than ${maxBodyBytes} bytes`);
  if (Number(request.headers.get("content-length")) > maxBodyBytes) throw tooLarge();
  if (request.body === null) throw emptyBody();

  const reader = request.body.getReader();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    const late = new HttpError(408, "too_slow", "Cannot read the body: it comes too slowly");
    timer = setTimeout(() => reject(late), bodyTimeoutMs);
  });
  const chunks: Uint8Array[] = [];
  let length = 0, whole = false;
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), timeout]);
      if (done) break;
      length += value.length;
      if (length > maxBodyBytes) throw tooLarge();
      chunks.push(value);
    }
    whole = true;
  } catch (error) {
    if (error instanceof HttpError) throw error;
    throw new HttpError(400, "broken_off", "Cannot read the body: it breaks off");
  } finally {
    clearTimeout(timer);
    if (!whole) void reader.cancel().catch(() => {}); // nobody waits for the rest
  }
  if (length === 0) throw emptyBody();
  return joinBytes(chunks);
}

function emptyBody(): HttpError {
  return new HttpError(400, "empty", "Cannot read the body: it is empty");
}
