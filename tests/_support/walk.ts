// Walking through a folder.

/** Paths of all files in a folder and the folders in it, from `root`, in no order. */
export async function* walkFiles(root: URL, folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(`${folder}/`, root))) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* walkFiles(root, path);
    else yield path;
  }
}
