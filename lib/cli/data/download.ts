/**
 * Large files from the internet, resumed where they broke off and checked before they count.
 *
 * What has arrived lies in `<path>.part`; a file under its own name is whole and right.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { CliError, EXIT } from "../exit_codes.ts";

/** What a file must be. */
export interface Expected {
  /** Its length. */
  readonly bytes: number;
  /** SHA-256 of it, in lower-case hex. */
  readonly sha256: string;
}

/** What {@linkcode download} fetches. */
export interface DownloadOptions extends Expected {
  /** Addresses of the same file; the next is tried when one fails. */
  readonly urls: readonly string[];
  /** Where it is put. */
  readonly path: string;
  /** Is told how many bytes have arrived. */
  readonly onProgress?: (bytes: number) => void;
  /** How long to wait before each further try at an address, in ms. Default: 1 s, 2 s, 4 s, 8 s. */
  readonly waitsMs?: readonly number[];
}

const WAITS_MS = [1000, 2000, 4000, 8000];

/** Why an address gives nothing: no use in asking it again. */
class RefusedError extends Error {}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await Deno.stat(path)).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  using file = await Deno.open(path);
  for await (const chunk of file.readable) hash.update(chunk);
  return hash.digest("hex");
}

/** What is wrong with a file, as a clause; `null` when nothing is. */
export async function whatIsWrong(path: string, expected: Expected): Promise<string | null> {
  const bytes = await sizeOf(path);
  if (bytes !== expected.bytes) return `it has ${bytes} bytes, expected ${expected.bytes}`;
  const sha256 = await sha256Of(path);
  return sha256 === expected.sha256
    ? null
    : `its SHA-256 is "${sha256}", expected "${expected.sha256}"`;
}

/** Asks for what is missing of a file and adds it to `part`. */
async function fetchRest(url: string, part: string, options: DownloadOptions): Promise<void> {
  let done = await sizeOf(part);
  if (done >= options.bytes) return;
  const response = await fetch(url, done > 0 ? { headers: { Range: `bytes=${done}-` } } : {});
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    const sentence = `the server answers ${response.status} ${response.statusText}`.trim();
    // 408, 429 and 5xx may pass; the others say that it is not to be had there.
    if ([408, 429].includes(response.status) || response.status >= 500) throw new Error(sentence);
    throw new RefusedError(sentence);
  }
  const goesOn = response.headers.get("content-range")?.startsWith(`bytes ${done}-`) ?? false;
  if (!goesOn) done = 0; // A server without ranges sends the whole file again.
  using file = await Deno.open(part, { create: true, write: true });
  await file.truncate(done);
  await file.seek(done, Deno.SeekMode.Start);
  for await (const chunk of response.body) {
    done += chunk.length;
    if (done > options.bytes) {
      await file.truncate(0);
      throw new RefusedError(`it sends more than ${options.bytes} bytes`);
    }
    for (let k = 0; k < chunk.length;) k += await file.write(chunk.subarray(k));
    options.onProgress?.(done);
  }
  if (done < options.bytes) throw new Error(`it ends after ${done} of ${options.bytes} bytes`);
}

async function wait(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Fetches from one address, again and again while the connection breaks; `null` when it has all. */
async function fetchAll(
  url: string,
  part: string,
  options: DownloadOptions,
): Promise<string | null> {
  const waits = options.waitsMs ?? WAITS_MS;
  let reason = "";
  for (let tries = 0; tries <= waits.length;) {
    if (tries > 0) await wait(waits[tries - 1]!);
    const before = await sizeOf(part);
    try {
      await fetchRest(url, part, options);
      return null;
    } catch (error) {
      reason = (error as Error).message;
      if (error instanceof RefusedError) break;
    }
    // As long as something arrives, the line is worth another try.
    tries = await sizeOf(part) > before ? 1 : tries + 1;
  }
  return reason;
}

/**
 * Downloads a file, unless it is there: goes on with a `.part` file of an earlier run, tries again
 * when the connection breaks, then the next address, and renames it once length and SHA-256 are right.
 *
 * Throws a {@linkcode CliError} that gives the reason of every address. What has arrived is kept for
 * the next run, unless it proved wrong.
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { urls, path } = options, part = `${path}.part`;
  const wrong = await sizeOf(path) > 0 ? await whatIsWrong(path, options) : "it is not there";
  if (wrong === null) return;

  const reasons: string[] = [];
  for (const url of urls) {
    let reason = await fetchAll(url, part, options);
    if (reason === null) {
      reason = await whatIsWrong(part, options);
      if (reason === null) return await Deno.rename(part, path);
      await Deno.remove(part);
    }
    reasons.push(`${new URL(url).host}: ${reason}`);
  }
  throw new CliError(
    EXIT.someFailed,
    `Cannot download "${path}": ${reasons.join("; ")} (run the same command again to go on)`,
  );
}
