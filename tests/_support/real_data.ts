// Real photos beside the repository, for those who have them.

const root = new URL("../../../shared/data/", import.meta.url);

/** Why the tests on real photos cannot run here, or `null` when they can. */
function whyMissing(): string | null {
  if (Deno.permissions.querySync({ name: "read", path: root }).state !== "granted") {
    return "no permission to read ../shared/data";
  }
  try {
    Deno.statSync(root);
    return null;
  } catch {
    return "../shared/data is not there";
  }
}

const reason = whyMissing();

/** Path of a file or folder of the real data, e.g. `realData("wider/wider_face_split")`. */
export function realData(path: string): string {
  return decodeURIComponent(new URL(path, root).pathname);
}

/** A test that needs the real data; skipped, with the reason in its name, where they are absent. */
export function testOnRealData(name: string, body: () => void | Promise<void>): void {
  Deno.test({
    name: reason === null ? name : `${name} (skipped: ${reason})`,
    ignore: reason !== null,
    fn: body,
  });
}
