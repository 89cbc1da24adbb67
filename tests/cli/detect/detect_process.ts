// `detect.ts` as a process, with the permissions of `deno task detect`.
import { encodePng } from "../../../lib/codec/encode.ts";
import { Random } from "../../../lib/numbers/random.ts";

const ROOT = new URL("../../../", import.meta.url).pathname;

/** Starts `detect.ts`; it finds faces everywhere, so that answers differ. */
export function spawnDetect(
  cwd: string,
  args: readonly string[],
  options: Omit<Deno.CommandOptions, "args" | "cwd"> & { permissions?: readonly string[] } = {},
): Deno.ChildProcess {
  const { permissions = ["-P=detect"], ...rest } = options;
  const config = ["--config", `${ROOT}deno.json`, "--no-prompt", "--quiet"];
  return new Deno.Command("deno", {
    args: ["run", ...config, ...permissions, `${ROOT}detect.ts`, "--threshold", "0.02", ...args],
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    ...rest,
  }).spawn();
}

/** What a process wrote, and its exit code. */
export async function ended(process: Deno.ChildProcess) {
  const { code, stdout, stderr } = await process.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** Runs `detect.ts` to its end. */
export async function runDetect(...args: Parameters<typeof spawnDetect>) {
  return await ended(spawnDetect(...args));
}

/** A folder with so many photos, no two alike, in `photos/`; every tenth is broken. */
export async function withPhotos(count: number, run: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir(), random = new Random(["photos"]);
  try {
    await Deno.mkdir(`${folder}/photos/deep er`, { recursive: true });
    for (let i = 0; i < count; i++) {
      const width = 40 + i, height = 60;
      const data = Uint8Array.from({ length: 3 * width * height }, () => 256 * random.uniform());
      const name = `photos/${i % 2 ? "deep er/" : ""}${i}.png`;
      await Deno.writeFile(`${folder}/${name}`, encodePng({ width, height, data }));
      if (i % 10 === 9) await Deno.truncate(`${folder}/${name}`, 100);
    }
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Answers without the times, which differ from run to run. */
export function answersIn(jsonl: string): Record<string, unknown>[] {
  return jsonl.split("\n").filter((line) => line !== "").map((line) => {
    const { ms: _, ...answer } = JSON.parse(line);
    return answer;
  });
}
