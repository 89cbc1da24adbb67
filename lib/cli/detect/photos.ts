/**
 * From the arguments of a command to the photos it works on.
 *
 * @module
 */
import { denoStore } from "../deno_store.ts";

/** A photo to be read. */
export interface Photo {
  /** Its path as the user would write it; `-` for standard input. */
  readonly path: string;
  /** Path of what is made from it, without an extension, relative to some output folder. */
  readonly outputName: string;
  /** Its bytes. Throws an error that names the path. */
  read(): Promise<Uint8Array<ArrayBuffer>>;
}

/** A folder without photos. */
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

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false; // reading it will tell what is wrong
  }
}

/** Paths of the photos in a folder and its subfolders, relative to it; hidden ones are left out. */
async function photosIn(folder: string, prefix = ""): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  const found: string[] = [];
  for (const { name, isDirectory } of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
    if (name.startsWith(".")) continue;
    if (isDirectory) found.push(...await photosIn(`${folder}/${name}`, `${prefix}${name}/`));
    else if (PHOTO_NAME.test(name) && !DRAWN_NAME.test(name)) found.push(prefix + name);
  }
  return found;
}

async function readStdin(): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer());
}

function withoutExtension(path: string): string {
  return path.replace(/\.\w+$/, "");
}

function filePhoto(path: string, name: string): Photo {
  return { path, outputName: withoutExtension(name), read: () => denoStore.read(path) };
}

async function folderPhotos(folder: string): Promise<Photo[]> {
  const root = folder.replace(/\/+$/, "");
  const names = await photosIn(folder);
  if (names.length > 0) return names.map((name) => filePhoto(`${root}/${name}`, name));
  const problem = "it has no .jpg, .png, .gif, .webp or .bmp files";
  const read = () =>
    Promise.reject(new NoPhotosError(`Cannot find photos in "${folder}": ${problem}`));
  return [{ path: folder, outputName: "", read }];
}

/**
 * The photos that the arguments stand for: files as they are, the photos of folders in the order of
 * their names, `-` for standard input. Nothing is read yet: what is missing or no photo (a folder
 * without any, too) throws when it is read.
 */
export async function listPhotos(inputs: readonly string[]): Promise<Photo[]> {
  const photos: Photo[] = [];
  for (const input of new Set(inputs)) {
    if (input === "-") photos.push({ path: "-", outputName: "stdin", read: readStdin });
    else if (await isFolder(input)) photos.push(...await folderPhotos(input));
    else photos.push(filePhoto(input, input.slice(input.lastIndexOf("/") + 1)));
  }
  return photos;
}
