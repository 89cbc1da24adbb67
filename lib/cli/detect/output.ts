/**
 * Where `detect` puts the copies it makes.
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

async function singleFile(photos: readonly Photo[], output: string): Promise<string[]> {
  if (photos.length !== 1) throw usageError(output, `a folder for ${photos.length} photos`);
  if (await isSameFile(output, photos[0]!.path)) {
    throw usageError(output, "another file than the photo itself");
  }
  return [output];
}

/** How the names of copies end. */
export type EndingOf = (photo: Photo) => string;

const drawnEnding: EndingOf = () => `${DRAWN_SUFFIX}.jpg`;

/** `<folder>/<name><ending>` for each photo; photos of the same name are numbered. */
function filesIn(folder: string, photos: readonly Photo[], endingOf: EndingOf): string[] {
  const taken = new Set<string>();
  return photos.map((photo) => {
    const base = `${folder}/${photo.outputName}`, ending = endingOf(photo);
    let path = `${base}${ending}`;
    for (let n = 2; taken.has(path); n++) path = `${base}-${n}${ending}`;
    taken.add(path);
    return path;
  });
}

/** The folder that copies go into; `undefined` when `--output` is a file. */
export function outputFolder(output: string = DEFAULT_FOLDER): string | undefined {
  return /\.\w+$/.test(output) ? undefined : output;
}

/**
 * One output path for each photo. A path that ends in .jpg, .jpeg or .png is the file for a single
 * photo; one without an extension, or with a slash at its end, is a folder.
 *
 * Throws a usage {@linkcode CliError} for anything else, and rather than overwrite the photo.
 *
 * @param endingOf How the names in a folder end. Default: what marks drawn copies.
 */
export async function planOutputs(
  photos: readonly Photo[],
  output: string = DEFAULT_FOLDER,
  endingOf: EndingOf = drawnEnding,
): Promise<string[]> {
  if (encoderFor(output) !== undefined) return await singleFile(photos, output);
  if (outputFolder(output) === undefined) {
    throw usageError(output, "a .jpg or .png file, or a folder");
  }
  return filesIn(output.replace(/(?<=.)\/+$/, ""), photos, endingOf);
}
