// What `deno task bundle` wrote, and the tests that need it.
import { walkFiles } from "../_support/walk.ts";

const ROOT = new URL("../../", import.meta.url);

/** The folder of the bundles. */
export const DIST = new URL("dist/", ROOT);

/** The bundle with engine and weights inside. */
export const BUNDLE = new URL("tinyface.js", DIST);

async function modified(file: URL): Promise<number | undefined> {
  try {
    return (await Deno.stat(file)).mtime!.getTime();
  } catch {
    return undefined;
  }
}

/** Why the bundle cannot be tested, or `null`. */
async function whyNoBundle(): Promise<string | null> {
  const built = await modified(BUNDLE);
  if (built === undefined) return "no dist/tinyface.js, run deno task bundle";
  for await (const path of walkFiles(ROOT, "lib")) {
    if ((await modified(new URL(path, ROOT)) ?? 0) > built) {
      return `dist/ is older than ${path}, run deno task bundle`;
    }
  }
  return null;
}

const noBundle = await whyNoBundle();

/** A test of the bundle; ignored, with the reason in its name, where it or what else it needs is missing. */
export function testBundle(name: string, reason: string | null, body: () => Promise<void>): void {
  const why = noBundle ?? reason;
  Deno.test({ name: why === null ? name : `${name} (skipped: ${why})`, ignore: !!why, fn: body });
}
