/**
 * Files in a folder and the folders below it.
 *
 * @module
 */
import type { ReadableStore } from "../files/store.ts";
import { joinPath } from "./paths.ts";

/**
 * Paths, relative to `folder`, of the files whose name fits, in the order of their names; hidden
 * files and folders are passed over. Empty when there is no such folder.
 */
export async function listDeep(
  store: ReadableStore,
  folder: string,
  fits: (name: string) => boolean,
  prefix = "",
): Promise<string[]> {
  const found: string[] = [];
  for (const name of await store.list(folder)) {
    const path = joinPath(folder, name);
    if (name.startsWith(".")) continue;
    if (fits(name)) found.push(prefix + name);
    else if (!/\.\w{2,4}$/.test(name) && !await store.has(path)) {
      found.push(...await listDeep(store, path, fits, `${prefix}${name}/`));
    }
  }
  return found;
}
