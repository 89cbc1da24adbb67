/**
 * Files as the library sees them. The library never opens one itself: whoever runs it injects a
 * store (`lib/cli/deno_store.ts` on Deno), so that it stays free of any runtime.
 *
 * @module
 */

/** Where the library reads files from. Paths use `/`. */
export interface ReadableStore {
  /** The bytes of a file. Throws when there is none. */
  read(path: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Whether a file is there. */
  has(path: string): Promise<boolean>;
  /** Names (not paths) of the files and folders in a folder, sorted; empty when it is missing. */
  list(folder: string): Promise<string[]>;
}

/** Where the library also writes files. */
export interface Store extends ReadableStore {
  /** Writes a file as a whole or not at all (to a temporary name, then renamed). Makes folders. */
  write(path: string, bytes: Uint8Array): Promise<void>;
  /** Adds to the end of a file; makes file and folders. */
  append(path: string, bytes: Uint8Array): Promise<void>;
  /** Removes a file; nothing happens when there is none. */
  remove(path: string): Promise<void>;
}
