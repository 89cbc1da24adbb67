// Small zip archives for tests.
import { TextReader, Uint8ArrayWriter, ZipWriter } from "../../../lib/deps/zip.ts";

/** A zip archive of text files by name. */
export async function zipOf(
  files: Readonly<Record<string, string>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const zip = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false });
  for (const [name, text] of Object.entries(files)) await zip.add(name, new TextReader(text));
  return await zip.close();
}
