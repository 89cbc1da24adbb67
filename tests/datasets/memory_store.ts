// A store in memory that notes what is read and can refuse to write.
import { MemoryStore as PlainStore } from "../_support/memory_store.ts";

/** Files by path. */
export class MemoryStore extends PlainStore {
  /** Paths in the order in which they were read. */
  readonly reads: string[] = [];
  /** When set, every write fails with it. */
  writeError: Error | null = null;

  constructor(files: Readonly<Record<string, string | Uint8Array>> = {}) {
    super();
    for (const [path, content] of Object.entries(files)) this.put(path, content);
  }

  put(path: string, content: string | Uint8Array): void {
    this.files.set(
      path,
      typeof content === "string" ? new TextEncoder().encode(content) : Uint8Array.from(content),
    );
  }

  override read(path: string): Promise<Uint8Array<ArrayBuffer>> {
    this.reads.push(path);
    return super.read(path);
  }

  override write(path: string, bytes: Uint8Array): Promise<void> {
    return this.writeError === null ? super.write(path, bytes) : Promise.reject(this.writeError);
  }
}
