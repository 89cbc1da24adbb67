/**
 * Paths as annotation files and stores write them, without any runtime.
 *
 * @module
 */

/** Puts two parts of a path together with one `/`. */
export function joinPath(folder: string, name: string): string {
  return folder === "" ? name : `${folder.replace(/\/+$/, "")}/${name}`;
}

/** What comes after the last `/` (or `\`, as Windows wrote it). */
export function baseName(path: string): string {
  return path.split(/[/\\]/).at(-1)!;
}

/** What comes before the last `/`; empty when there is none. */
export function folderName(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** The base name without its last extension. */
export function stem(path: string): string {
  return baseName(path).replace(/(?<=.)\.[^.]*$/, "");
}

/** The path without its last extension, folders kept. */
export function withoutExtension(path: string): string {
  return joinPath(folderName(path), stem(path));
}

/** Whether the name ends like that of a photo. */
export function isImageName(name: string): boolean {
  return /\.(jpe?g|png|gif|webp|bmp)$/i.test(name);
}
