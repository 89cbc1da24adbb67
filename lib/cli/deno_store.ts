/**
 * Files through Deno; see `lib/files/store.ts`.
 *
 * @module
 */
import type { Store } from "../files/store.ts";

/** What went wrong with a file, by the name of Deno's error. */
const REASONS: Readonly<Record<string, string>> = {
  NotFound: "there is no such file",
  IsADirectory: "it is a folder",
  NotADirectory: "a part of its path is a file",
  AlreadyExists: "a part of its path is a file",
  PermissionDenied: "the system denies access",
  NotCapable: "Deno was not given the permission",
};

/** Runs a file operation; what it throws becomes an error that names the path and the reason. */
async function explain<Result>(
  action: string,
  path: string,
  run: () => Promise<Result>,
): Promise<Result> {
  try {
    return await run();
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause;
    const reason = REASONS[cause.name] ?? cause.message;
    throw new Error(`Cannot ${action} "${path}": ${reason}`, { cause });
  }
}

async function makeFolderOf(path: string): Promise<void> {
  const slash = path.lastIndexOf("/");
  if (slash > 0) await Deno.mkdir(path.slice(0, slash), { recursive: true });
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length;) done += await file.write(bytes.subarray(done));
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  await writeAll(file, bytes);
  await file.syncData(); // else a power cut after the rename could leave an empty file
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/**
 * The file system; relative paths start at the current folder.
 *
 * Needs `--allow-read` for what it reads and `--allow-write` for the folders it writes to. Its
 * errors name the path and the reason; Deno's own error is their `cause`.
 */
export const denoStore: Store = {
  read: (path) => explain("read", path, () => Deno.readFile(path)),

  has: (path) =>
    explain("look for", path, async () => {
      try {
        return (await Deno.stat(path)).isFile;
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return false;
        throw error;
      }
    }),

  list: (folder) =>
    explain("list", folder, async () => {
      try {
        return (await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)).sort();
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) return [];
        throw error;
      }
    }),

  write: (path, bytes) =>
    explain("write", path, async () => {
      await makeFolderOf(path);
      const temporary = `${path}.${Deno.pid}.partial`;
      try {
        await writeDurably(temporary, bytes);
        await Deno.rename(temporary, path);
      } catch (error) {
        await removeIfThere(temporary);
        throw error;
      }
    }),

  append: (path, bytes) =>
    explain("append to", path, async () => {
      await makeFolderOf(path);
      using file = await Deno.open(path, { append: true, create: true });
      await writeAll(file, bytes);
    }),

  remove: (path) => explain("remove", path, () => removeIfThere(path)),
};
