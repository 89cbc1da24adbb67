/**
 * From the arguments of a command to the photos it works on, one after another, so that a million of
 * them take no more memory than ten.
 *
 * @module
 */
import { isAbsolute, resolve } from "node:path";
import { picomatch } from "../../deps/picomatch.ts";
import { denoStore } from "../deno_store.ts";
import { SEPARATOR, textsOf } from "../records.ts";

/** What a caller names its photos by. */
export type PhotoId = string | number;

/** A photo to be read. */
export interface Photo {
  /** Its path as the user would write it, or its address; `-` for standard input. */
  readonly path: string;
  /** The caller's name for it, given back with the answer. */
  readonly id?: PhotoId | undefined;
  /** Path of what is made from it, without an extension, relative to some output folder. */
  readonly outputName: string;
  /** The job that asked for it, as it came. */
  readonly job?: string;
  /** What is wrong with it, where that is known before it is read. */
  readonly problem?: Error;
  /** Its bytes. Throws an error that names the path. */
  read(): Promise<Uint8Array<ArrayBuffer>>;
}

/** What tells a photo from others, across runs and machines. */
export function keyOf({ id, path }: Pick<Photo, "id" | "path">): string {
  return String(id ?? path);
}

/** A folder or a pattern without photos. */
export class NoPhotosError extends Error {
  /** The class's name. */
  override readonly name = "NoPhotosError";
  /** The reason, for programs. */
  readonly code = "no_photos";
}

/** What marks the files that `detect` draws, so that they are not taken for photos later. */
export const DRAWN_SUFFIX = ".faces";

const PHOTO_NAME = /\.(jpe?g|png|gif|webp|bmp)$/i;
const DRAWN_NAME = /\.faces\.\w+$/i;
const NOTHING_THERE = "it has no .jpg, .png, .gif, .webp or .bmp files";

/** How {@linkcode listPhotos} looks for photos. */
export interface ListOptions {
  /** A folder that is not looked into: what a command writes is none of its photos. */
  readonly except?: string | undefined;
  /** Told in one sentence about what is passed over. */
  readonly onProblem?: (sentence: string) => void;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false; // reading it will tell what is wrong
  }
}

/** A photo in the place of what cannot even be looked for. */
export function failing(path: string, problem: Error, id?: PhotoId): Photo {
  return { path, id, outputName: "", problem, read: () => Promise.reject(problem) };
}

function withoutExtension(path: string): string {
  return path.replace(/\.\w+$/, "");
}

/** A photo that is a file; `name` is where it is, seen from the folder that was asked for. */
export function filePhoto(path: string, name = path.slice(path.lastIndexOf("/") + 1)): Photo {
  return { path, outputName: withoutExtension(name), read: () => denoStore.read(path) };
}

/** A walk through a folder. */
interface Walk extends ListOptions {
  /** The folder that it began in, without a slash at its end. */
  readonly root: string;
  /** Whether a path is asked for; what lies in a folder that is asked for is, too. */
  readonly fits: (path: string) => boolean;
}

/** Where a walk is. */
interface Place {
  /** The folder's path, as the user would write it. */
  readonly path: string;
  /** The folder, seen from the root of the walk: `""` or one that ends with a slash. */
  readonly name: string;
  /** Whether all in it is asked for. */
  readonly fits: boolean;
  /** Real paths of the folders around it. */
  readonly around: readonly string[];
}

function joined(folder: string, name: string): string {
  return folder.endsWith("/") ? folder + name : `${folder}/${name}`;
}

async function sortedEntries(folder: string): Promise<Deno.DirEntry[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.sort((a, b) => a.name < b.name ? -1 : 1);
}

/** Photos of a folder and its subfolders by name; hidden ones are left out, links are followed. */
async function* photosIn(walk: Walk, place: Place): AsyncGenerator<Photo, void, void> {
  const { path, name, around } = place;
  const isInside = name !== "" && walk.except !== undefined;
  if (isInside && resolve(path) === resolve(walk.except)) return;
  let entries: Deno.DirEntry[], real: string;
  try {
    real = await Deno.realPath(path);
    if (around.includes(real)) {
      walk.onProblem?.(`Cannot follow "${path}": the link leads back to a folder around it`);
      return;
    }
    entries = await sortedEntries(path);
  } catch (cause) {
    const reason = cause instanceof Deno.errors.PermissionDenied
      ? "the system denies access"
      : (cause as Error).message;
    yield failing(path, new Error(`Cannot look into "${path}": ${reason}`, { cause }));
    return;
  }
  for (const entry of entries) {
    if (entry.name.startsWith(".")) continue;
    const inside = joined(path, entry.name);
    const fits = place.fits || walk.fits(inside);
    if (entry.isDirectory || entry.isSymlink && await isFolder(inside)) {
      const deeper = { path: inside, name: `${name}${entry.name}/`, fits };
      yield* photosIn(walk, { ...deeper, around: [...around, real] });
    } else if (fits && PHOTO_NAME.test(entry.name) && !DRAWN_NAME.test(entry.name)) {
      yield filePhoto(inside, name + entry.name);
    }
  }
}

/** The photos below a folder, or one that fails when there are none. */
async function* photosBelow(input: string, walk: Walk): AsyncGenerator<Photo, void, void> {
  let isEmpty = true;
  for await (
    const photo of photosIn(walk, { path: walk.root, name: "", fits: false, around: [] })
  ) {
    isEmpty = false;
    yield photo;
  }
  if (isEmpty) {
    const problem = input === walk.root || await isFolder(input)
      ? NOTHING_THERE
      : "nothing fits the pattern";
    yield failing(input, new NoPhotosError(`Cannot find photos in "${input}": ${problem}`));
  }
}

function folderPhotos(folder: string, options: ListOptions): AsyncIterable<Photo> {
  const root = folder.replace(/(?<=.)\/+$/, "");
  return photosBelow(folder, { ...options, root, fits: () => true });
}

function globPhotos(pattern: string, options: ListOptions): AsyncIterable<Photo> {
  const { base } = picomatch.scan(pattern);
  const matches = picomatch(pattern.replace(/^\.\//, ""));
  const root = base || (isAbsolute(pattern) ? "/" : ".");
  const fits = (path: string) => matches(path.replace(/^\.\//, ""));
  return photosBelow(pattern, { ...options, root, fits });
}

async function readStdin(): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer());
}

async function* photosAt(path: string, options: ListOptions): AsyncGenerator<Photo, void, void> {
  if (await isFolder(path)) yield* folderPhotos(path, options);
  else yield filePhoto(path);
}

/**
 * The photos that the arguments stand for: files as they are, the photos of folders in the order of
 * their names, those that fit a glob, `-` for standard input. They are looked for as they are asked
 * for. What is missing or no photo (a folder without any, too) throws when it is read.
 */
export async function* listPhotos(
  inputs: readonly string[],
  options: ListOptions = {},
): AsyncGenerator<Photo, void, void> {
  for (const input of new Set(inputs)) {
    if (input === "-") yield { path: "-", outputName: "stdin", read: readStdin };
    else if (picomatch.scan(input).isGlob && !await denoStore.has(input)) {
      yield* await isFolder(input) ? folderPhotos(input, options) : globPhotos(input, options);
    } else yield* photosAt(input, options);
  }
}

/** The stream with its first piece seen already. */
async function* startingWith<T>(first: T, rest: AsyncIterator<T>): AsyncGenerator<T, void, void> {
  yield first;
  for (let next; !(next = await rest.next()).done;) yield next.value;
}

/**
 * The photos that a list names: a file or folder a line, or between NULs, as `find -print0` writes
 * them.
 */
export async function* photosListed(
  list: AsyncIterable<Uint8Array<ArrayBuffer>>,
  options: ListOptions = {},
): AsyncGenerator<Photo, void, void> {
  const chunks = list[Symbol.asyncIterator](), first = await chunks.next();
  if (first.done) return;
  const isNul = first.value.includes(SEPARATOR.nul);
  const separator = isNul ? SEPARATOR.nul : SEPARATOR.newline;
  for await (const text of textsOf(startingWith(first.value, chunks), separator)) {
    const path = isNul ? text : text.replace(/\r$/, "");
    if (path !== "") yield* photosAt(path, options);
  }
}
