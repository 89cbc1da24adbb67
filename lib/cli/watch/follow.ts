/**
 * Following the event files of a folder while they grow.
 *
 * @module
 */
import { type LoggedEvent, readEvents } from "../../training/tfevents_reader.ts";
import { denoStore } from "../deno_store.ts";

/** Names of a folder's event files, the oldest first: the name begins with the time. */
export async function eventFiles(folder: string): Promise<string[]> {
  return (await denoStore.list(folder)).filter((name) => name.includes("tfevents"));
}

async function readFrom(path: string, offset: number): Promise<Uint8Array> {
  using file = await Deno.open(path);
  await file.seek(offset, Deno.SeekMode.Start);
  return new Uint8Array(await new Response(file.readable).arrayBuffer());
}

/** Gives the events that are new each time it is asked. */
export class EventFollower {
  readonly #folder: string;
  readonly #ends = new Map<string, number>();

  /** @param folder Where the event files are. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Events since the last time. Throws an error that names the file. */
  async next(): Promise<LoggedEvent[]> {
    const found: LoggedEvent[] = [];
    for (const name of await eventFiles(this.#folder)) {
      const path = `${this.#folder}/${name}`, from = this.#ends.get(name) ?? 0;
      if ((await Deno.stat(path)).size <= from) continue;
      try {
        const { events, end } = readEvents(await readFrom(path, from));
        this.#ends.set(name, from + end);
        found.push(...events);
      } catch (cause) {
        throw new Error(`Cannot follow "${path}": ${(cause as Error).message}`, { cause });
      }
    }
    return found;
  }
}
