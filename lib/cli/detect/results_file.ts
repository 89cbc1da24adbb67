/**
 * The file that `detect` writes answers to, a line each. While it grows it is called `<name>.part`;
 * it gets its name when all is there. A run that was killed is gone on with where it stopped.
 *
 * @module
 */
import { CliError, EXIT } from "../exit_codes.ts";
import { recordsOf } from "../records.ts";
import { keyOf } from "./photos.ts";

/** Photos that are done, by key: how many answers there are for it. */
export type DoneCounts = Map<string, number>;

function cannot(action: string, path: string, problem: string, cause?: unknown): CliError {
  return new CliError(EXIT.someFailed, `Cannot ${action} "${path}": ${problem}`, { cause });
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, (error) => {
    if (error instanceof Deno.errors.NotFound) return false;
    throw cannot("look for", path, error.message, error);
  });
}

function keyIn(line: string): string | undefined {
  try {
    const { id, image } = JSON.parse(line);
    return image === undefined ? undefined : keyOf({ id, path: image });
  } catch {
    return undefined;
  }
}

/** What a file answers already; `bytes` is the length of its whole lines. */
async function readDone(path: string): Promise<{ done: DoneCounts; bytes: number }> {
  const done: DoneCounts = new Map(), decoder = new TextDecoder();
  const file = await Deno.open(path);
  let bytes = 0, number = 1;
  for await (const line of recordsOf(file.readable)) {
    if (!line.isWhole) break; // a kill in the middle of a line: its photo is not done
    const key = keyIn(decoder.decode(line.bytes));
    if (key === undefined) {
      throw cannot("go on with", path, `line ${number} is no answer of this command`);
    }
    done.set(key, (done.get(key) ?? 0) + 1);
    bytes += line.bytes.length + 1;
    number++;
  }
  return { done, bytes };
}

/** Answers in a file. */
export class ResultsFile implements Disposable {
  /** What it held when it was opened. */
  readonly done: DoneCounts;
  readonly #path: string;
  readonly #file: Deno.FsFile;

  private constructor(path: string, file: Deno.FsFile, done: DoneCounts) {
    this.#path = path;
    this.#file = file;
    this.done = done;
  }

  /**
   * Opens `<path>.part`.
   *
   * @param isResumed Whether to go on with what is there, finished or not; without it nothing may be
   * there.
   * Throws a {@linkcode CliError} rather than lose what is there, and while another process writes.
   */
  static async open(path: string, isResumed: boolean): Promise<ResultsFile> {
    const part = `${path}.part`;
    const isFinished = await isThere(path), isBegun = await isThere(part);
    if (!isResumed && (isFinished || isBegun)) {
      const found = isFinished ? "it is there already" : "an interrupted run has left its .part";
      const problem = `${found}; go on with --resume, or remove it`;
      throw new CliError(EXIT.usage, `Cannot write "${path}": ${problem}`);
    }
    if (isFinished && isBegun) {
      throw cannot("go on with", path, `there is "${part}", too; remove the one that is wrong`);
    }
    try {
      const slash = path.lastIndexOf("/");
      if (slash > 0) await Deno.mkdir(path.slice(0, slash), { recursive: true });
      if (isFinished) await Deno.rename(path, part);
      return await ResultsFile.#openPart(path, part);
    } catch (error) {
      if (error instanceof CliError) throw error;
      throw cannot("write", part, (error as Error).message, error);
    }
  }

  static async #openPart(path: string, part: string): Promise<ResultsFile> {
    const file = await Deno.open(part, { create: true, read: true, append: true });
    try {
      if (!await file.tryLock(true)) throw cannot("write", part, "another process is writing it");
      if (!(await file.stat()).isFile) return new ResultsFile(path, file, new Map()); // a device
      const { done, bytes } = await readDone(part);
      await file.truncate(bytes);
      return new ResultsFile(path, file, done);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /** Adds a line; done when the system has it. */
  async write(line: string): Promise<void> {
    const bytes = new TextEncoder().encode(`${line}\n`);
    try {
      for (let done = 0; done < bytes.length;) {
        done += await this.#file.write(bytes.subarray(done));
      }
    } catch (error) {
      const problem = `${(error as Error).message}; go on with --resume`;
      throw cannot("write", `${this.#path}.part`, problem, error);
    }
  }

  /** Gives the file its name: all is there. */
  async finish(): Promise<void> {
    await this.#file.syncData(); // else a power cut after the rename could leave an empty file
    await Deno.rename(`${this.#path}.part`, this.#path);
  }

  /** Closes the file; what was written stays. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}
