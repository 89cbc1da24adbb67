/**
 * Photos as a program asks for them: one JSON object a line.
 *
 *     {"id": 17, "path": "a.jpg"}
 *     {"id": "b", "url": "https://example.org/b.jpg"}
 *     {"id": "c", "base64": "/9j/4AAQ…"}
 *
 * @module
 */
import { textsOf } from "../records.ts";
import { fetchPhoto } from "./fetch_photo.ts";
import { failing, filePhoto, type Photo, type PhotoId } from "./photos.ts";

/** A job that cannot be understood. */
export class BadJobError extends Error {
  /** The class's name. */
  override readonly name = "BadJobError";
  /** The reason, for programs. */
  readonly code = "bad_job";
}

const SOURCES = ["path", "url", "base64"] as const;
const EXPECTED = 'expected {"id": …} with one of "path", "url" and "base64"';

function isId(value: unknown): value is PhotoId {
  return typeof value === "string" && value !== "" || Number.isFinite(value);
}

function decodeBase64(text: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return Promise.resolve(Uint8Array.fromBase64(text));
  } catch (cause) {
    return Promise.reject(new BadJobError(`Cannot decode "base64": it is no Base64`, { cause }));
  }
}

/** A name for what is made from a photo; an id or an address may hold anything. */
function safeName(text: string): string {
  return text.replace(/[^\p{L}\p{N}._-]+/gu, "_").replace(/^\.+/, "").slice(0, 100) || "photo";
}

const PHOTO_FROM: Record<typeof SOURCES[number], (text: string, id?: PhotoId) => Photo> = {
  path: (path, id) => ({ ...filePhoto(path), id }),
  url: (url, id) => {
    const name = url.replace(/[?#].*$/, "").split("/").at(-1)!.replace(/\.\w+$/, "");
    return { path: url, id, outputName: safeName(name), read: () => fetchPhoto(url) };
  },
  base64: (text, id) => ({
    path: String(id),
    id,
    outputName: safeName(String(id)),
    read: () => decodeBase64(text),
  }),
};

/**
 * Reads a job. One that cannot be understood gives a photo that fails when it is read.
 *
 * @param name What to call the job when it has no id of its own: "line 3".
 */
export function parseJob(text: string, name: string): Photo {
  const bad = (problem: string, id?: PhotoId) =>
    failing(name, new BadJobError(`Cannot read the job at ${name}: ${problem}`), id);
  let job: unknown;
  try {
    job = JSON.parse(text);
  } catch {
    return bad(`it is not JSON, ${EXPECTED}`);
  }
  if (typeof job !== "object" || job === null || Array.isArray(job)) {
    return bad(`it is no object, ${EXPECTED}`);
  }
  const { id, ...rest } = job as Record<string, unknown>;
  if (id !== undefined && !isId(id)) return bad(`its id is no text or number, ${EXPECTED}`);
  const [source, ...others] = SOURCES.filter((name) => name in rest);
  if (source === undefined) return bad(`it names no photo, ${EXPECTED}`, id);
  if (others.length > 0) return bad(`it names its photo twice, ${EXPECTED}`, id);
  const value = rest[source];
  if (typeof value !== "string" || value === "") return bad(`its "${source}" is no text`, id);
  if (id === undefined && source === "base64") return bad(`it has no id, ${EXPECTED}`);
  return { ...PHOTO_FROM[source](value, id), job: text };
}

/** The photos that a stream of jobs asks for; empty lines are passed over. */
export async function* photosOfJobs(
  stream: AsyncIterable<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<Photo, void, void> {
  let line = 0;
  for await (const text of textsOf(stream)) {
    line++;
    if (text.trim() !== "") yield parseJob(text, `line ${line}`);
  }
}
