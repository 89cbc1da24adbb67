/**
 * Where `detect` puts what it makes.
 *
 * @module
 */
import { encoderFor } from "../../codec/encode.ts";
import { CliError, EXIT } from "../exit_codes.ts";
import { DRAWN_SUFFIX, type Photo } from "./photos.ts";

const DEFAULT_FOLDER = "output";

function usageError(output: string, expected: string): CliError {
  return new CliError(EXIT.usage, `Cannot use --output: it is "${output}", expected ${expected}`);
}

/** Whether two paths lead to one file. */
export async function isSameFile(a: string, b: string): Promise<boolean> {
  if (a === b) return true;
  try {
    return await Deno.realPath(a) === await Deno.realPath(b);
  } catch {
    return false; // what does not exist cannot be overwritten
  }
}

/** Names the output of each photo, in the order of the photos. */
export type NameOutput = (photo: Photo) => string;

async function singleFile(photos: readonly Photo[], output: string): Promise<NameOutput> {
  if (photos.length !== 1) throw usageError(output, `a folder for ${photos.length} photos`);
  if (await isSameFile(output, photos[0]!.path)) {
    throw usageError(output, "another file than the photo itself");
  }
  return () => output;
}

/** How the names of copies end. */
export type EndingOf = (photo: Photo) => string;

const drawnEnding: EndingOf = () => `${DRAWN_SUFFIX}.jpg`;

/** `<folder>/<name><ending>` for each photo; photos of the same name are numbered. */
function filesIn(folder: string, endingOf: EndingOf): NameOutput {
  const taken = new Set<string>();
  return (photo) => {
    const base = `${folder}/${photo.outputName}`, ending = endingOf(photo);
    let path = `${base}${ending}`;
    for (let n = 2; taken.has(path); n++) path = `${base}-${n}${ending}`;
    taken.add(path);
    return path;
  };
}

/** Whether `--output` names a file for answers, not one for a drawn copy. */
export function isResultsPath(output: string | undefined): output is string {
  return output !== undefined && /\.jsonl$/i.test(output);
}

/** The folder that copies go into; `undefined` when `--output` is a file. */
export function outputFolder(output: string = DEFAULT_FOLDER): string | undefined {
  return /\.\w+$/.test(output) ? undefined : output;
}

/**
 * How outputs are named. A path that ends in .jpg, .jpeg or .png is the file for a single photo; one
 * without an extension, or with a slash at its end, is a folder.
 *
 * Throws a usage {@linkcode CliError} for anything else, and rather than overwrite the photo.
 *
 * @param photos All of them; asked for where there may be only one.
 * @param endingOf How the names in a folder end. Default: what marks drawn copies.
 */
export async function planOutputs(
  photos: () => Promise<readonly Photo[]>,
  output: string = DEFAULT_FOLDER,
  endingOf: EndingOf = drawnEnding,
): Promise<NameOutput> {
  if (encoderFor(output) !== undefined) return await singleFile(await photos(), output);
  if (outputFolder(output) === undefined) {
    throw usageError(output, "a .jpg, .png or .jsonl file, or a folder");
  }
  return filesIn(output.replace(/(?<=.)\/+$/, ""), endingOf);
}
