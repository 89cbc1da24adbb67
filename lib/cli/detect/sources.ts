/**
 * Which photos a command line of `detect` asks for.
 *
 * @module
 */
import { CliError, EXIT } from "../exit_codes.ts";
import { photosOfJobs } from "./jobs.ts";
import { type ListOptions, listPhotos, type Photo, photosListed } from "./photos.ts";

/** What is asked for. */
export interface SourceRequest {
  /** Photos, folders, globs; `-` is standard input. */
  readonly inputs: readonly string[];
  /** Files with a photo or folder a line; `-` is standard input. */
  readonly lists: readonly string[];
  /** Whether `-` among the inputs is a stream of jobs, not a photo. */
  readonly isForPrograms: boolean;
}

/** Photos to be gone through. */
export interface PhotoSource {
  /** Gives them in their order. Looks for them anew each time. */
  photos(options?: ListOptions): AsyncIterable<Photo>;
  /** Whether they can be gone through more than once: standard input cannot. */
  readonly isRepeatable: boolean;
}

type Bytes = AsyncIterable<Uint8Array<ArrayBuffer>>;

async function* fileOrStdin(path: string): Bytes {
  yield* path === "-" ? Deno.stdin.readable : (await Deno.open(path)).readable;
}

/** Whether a list is a file, and not a pipe, which gives its lines only once. */
async function isPlainFile(list: string): Promise<boolean> {
  if (list === "-") return false;
  try {
    const { isFile, isDirectory } = await Deno.stat(list);
    if (isDirectory) throw new Error("it is a folder");
    return isFile;
  } catch (cause) {
    const { message } = cause as Error;
    const reason = cause instanceof Deno.errors.NotFound ? "there is no such file" : message;
    throw new CliError(EXIT.usage, `Cannot read the list "${list}": ${reason}`, { cause });
  }
}

/**
 * Understands what photos are asked for.
 *
 * Throws a usage {@linkcode CliError} when standard input is asked for twice or a list is missing.
 */
export async function photoSource(
  { inputs, lists, isForPrograms }: SourceRequest,
): Promise<PhotoSource> {
  if ([...new Set(inputs), ...lists].filter((input) => input === "-").length > 1) {
    throw new CliError(EXIT.usage, "Cannot read standard input: it is asked for twice");
  }
  const isJobs = isForPrograms && inputs.includes("-");
  const areFiles = await Promise.all(lists.map(isPlainFile));
  return {
    isRepeatable: areFiles.every((isFile) => isFile) && !inputs.includes("-"),
    async *photos(options = {}) {
      yield* listPhotos(isJobs ? inputs.filter((input) => input !== "-") : inputs, options);
      for (const list of lists) yield* photosListed(fileOrStdin(list), options);
      if (isJobs) yield* photosOfJobs(Deno.stdin.readable);
    },
  };
}
