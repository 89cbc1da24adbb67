/**
 * Unpacks zip archives of any length, file by file.
 *
 * @module
 */
import { Reader, ZipReader } from "../../deps/zip.ts";
import { CliError, EXIT } from "../exit_codes.ts";

/** A file as zip.js reads it. */
class FileReader extends Reader<string> {
  #path: string;
  #file: Deno.FsFile | undefined;

  constructor(path: string) {
    super(path);
    this.#path = path;
  }

  override async init(): Promise<void> {
    await super.init?.();
    this.#file = await Deno.open(this.#path);
    this.size = (await this.#file.stat()).size;
  }

  override async readUint8Array(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.size - offset)));
    await this.#file!.seek(offset, Deno.SeekMode.Start);
    for (let done = 0; done < bytes.length;) {
      const read = await this.#file!.read(bytes.subarray(done));
      if (read === null) throw new Error("the file ends too early");
      done += read;
    }
    return bytes;
  }

  close(): void {
    this.#file?.close();
  }
}

async function hasSize(path: string, bytes: number): Promise<boolean> {
  try {
    const { isFile, size } = await Deno.lstat(path);
    return isFile && size === bytes;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Writes a file as a whole or not at all. */
async function writeWhole(
  path: string,
  write: (stream: WritableStream<Uint8Array>) => Promise<unknown>,
): Promise<void> {
  const temporary = `${path}.part`;
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  try {
    using file = await Deno.open(temporary, { create: true, write: true, truncate: true });
    await write(file.writable);
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

/**
 * Unpacks an archive. Files that are there with the right length are left as they are, so that an
 * interrupted run goes on where it was.
 *
 * Throws a {@linkcode CliError} when the archive is broken or a name in it leads out of `folder`;
 * nothing is unpacked in the latter case, and never half a file.
 *
 * @param archive Path of the zip file.
 * @param folder Where its files go.
 * @param onProgress Is told how many of the files are done.
 */
export async function unzip(
  archive: string,
  folder: string,
  onProgress?: (done: number, total: number) => void,
): Promise<void> {
  const reader = new FileReader(archive);
  try {
    const zip = new ZipReader(reader, { checkSignature: true, useWebWorkers: false });
    // zip.js refuses the whole archive when a name in it leads out of the folder (zip slip).
    const files = (await zip.getEntries()).filter((entry) => !entry.directory);
    for (const [k, entry] of files.entries()) {
      const path = `${folder}/${entry.filename}`;
      if (!await hasSize(path, entry.uncompressedSize)) {
        await writeWhole(path, (stream) => entry.getData(stream));
      }
      onProgress?.(k + 1, files.length);
    }
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new CliError(EXIT.someFailed, `Cannot unpack "${archive}": ${reason}`, { cause });
  } finally {
    reader.close();
  }
}
