// A store that lives in memory, with the promises of the real one.
import type { Store } from "../../lib/files/store.ts";

/** A {@linkcode Store} whose files are the entries of `files`. */
export class MemoryStore implements Store {
  readonly files = new Map<string, Uint8Array<ArrayBuffer>>();

  read(path: string): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = this.files.get(path);
    return bytes === undefined
      ? Promise.reject(new Error(`Cannot read "${path}": there is no such file`))
      : Promise.resolve(bytes.slice());
  }

  has(path: string): Promise<boolean> {
    return Promise.resolve(this.files.has(path));
  }

  list(folder: string): Promise<string[]> {
    const prefix = `${folder}/`;
    const below = [...this.files.keys()].filter((path) => path.startsWith(prefix));
    const names = below.map((path) => path.slice(prefix.length).split("/")[0]!);
    return Promise.resolve([...new Set(names)].sort());
  }

  write(path: string, bytes: Uint8Array): Promise<void> {
    this.files.set(path, new Uint8Array(bytes));
    return Promise.resolve();
  }

  append(path: string, bytes: Uint8Array): Promise<void> {
    const old = this.files.get(path) ?? new Uint8Array();
    const joined = new Uint8Array(old.length + bytes.length);
    joined.set(old);
    joined.set(bytes, old.length);
    return this.write(path, joined);
  }

  remove(path: string): Promise<void> {
    this.files.delete(path);
    return Promise.resolve();
  }

  /** A file as text. */
  async text(path: string): Promise<string> {
    return new TextDecoder().decode(await this.read(path));
  }
}
