/**
 * Photos from the web.
 *
 * @module
 */
import { joinBytes } from "../../files/protobuf.ts";

/** A server that does not answer for so long is given up. */
const TIMEOUT_MS = 60_000;
/** More than any photo; a stream without an end must not fill the memory. */
const MAX_BYTES = 512 * 2 ** 20;

function reasonOf(error: Error): string {
  if (error instanceof Deno.errors.NotCapable) {
    return "Deno was not given the permission, see --allow-net";
  }
  if (error.name === "TimeoutError") return `no answer within ${TIMEOUT_MS / 1000} s`;
  return error.message;
}

async function bytesOf(response: Response): Promise<Uint8Array<ArrayBuffer>> {
  if (!response.ok) {
    await response.body?.cancel();
    throw new Error(`the server answered "${response.status}"`);
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > MAX_BYTES) throw new Error(`it has more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return joinBytes(chunks);
}

/**
 * The bytes at an `http:` or `https:` address. Needs `--allow-net` for its host.
 *
 * Throws an error that names the address.
 */
export async function fetchPhoto(url: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    if (!/^https?:\/\//i.test(url)) throw new Error("it is no http: or https: address");
    return await bytesOf(await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) }));
  } catch (cause) {
    throw new Error(`Cannot fetch "${url}": ${reasonOf(cause as Error)}`, { cause });
  }
}
