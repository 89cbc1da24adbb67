// Running a program as somebody who has nothing but a few files.
import assert from "node:assert/strict";

/** Runs a command in a folder of its own, into which files are put first. Returns what it prints. */
export async function runIn(
  files: Readonly<Record<string, string | Uint8Array>>,
  command: string,
  args: readonly string[],
  input: Uint8Array<ArrayBuffer> = new Uint8Array(),
): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, content] of Object.entries(files)) {
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      await Deno.writeFile(`${folder}/${name}`, bytes);
    }
    const child = new Deno.Command(command, {
      ...{ args: [...args], cwd: folder, env: { NO_COLOR: "1" } },
      ...{ stdin: "piped", stdout: "piped", stderr: "piped" } as const,
    }).spawn();
    const fed = new Blob([input]).stream().pipeTo(child.stdin).catch(() => {});
    const { success, stdout, stderr } = await child.output();
    await fed;
    assert.ok(success, new TextDecoder().decode(stderr).slice(-2000));
    return new TextDecoder().decode(stdout);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
