/**
 * Keeps copies away from the originals they are made of.
 *
 * @module
 */
import { CliError, EXIT } from "../exit_codes.ts";

/** The real path of a file or folder, or of what it would be if it existed. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    const [, folder = ".", name] = /^(?:(.*)\/)?([^/]*)$/.exec(path.replace(/(?<=.)\/+$/, ""))!;
    return `${await realPathOf(folder === "" ? "/" : folder)}/${name}`;
  }
}

/** Whether a path is a folder or lies in it; both real. */
function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.replace(/\/*$/, "/"));
}

/**
 * Refuses an output folder that holds originals.
 *
 * Throws a usage {@linkcode CliError}. What lies in an output folder inside an input folder is not
 * refused but none of the photos: see {@linkcode withoutCopies}.
 */
export async function refuseOriginalsIn(folder: string, inputs: readonly string[]): Promise<void> {
  const real = await realPathOf(folder);
  for (const input of inputs) {
    if (input === "-" || !isIn(await realPathOf(input), real)) continue;
    const holds = input === folder ? "it is an input" : `it holds the input "${input}"`;
    throw new CliError(
      EXIT.usage,
      `Cannot use --output: "${folder}" is no place for copies, ${holds}`,
    );
  }
}

/** The photos that do not lie in the output folder. */
export async function withoutCopies<Photo extends { readonly path: string }>(
  photos: readonly Photo[],
  folder: string,
): Promise<Photo[]> {
  const real = await realPathOf(folder);
  const isOutside = await Promise.all(
    photos.map(async ({ path }) => path === "-" || !isIn(await realPathOf(path), real)),
  );
  return photos.filter((_, i) => isOutside[i]);
}
