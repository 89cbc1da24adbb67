// Photos in a folder.
import { walkFiles } from "./walk.ts";

/** All JPEG files in a folder, whose address ends in "/", and the folders in it; in the order of names. */
export async function photosIn(folder: URL): Promise<URL[]> {
  const found: URL[] = [];
  for await (const path of walkFiles(folder, ".")) {
    if (path.endsWith(".jpg")) found.push(new URL(path, folder));
  }
  return found.sort((a, b) => a.href < b.href ? -1 : 1);
}
