/**
 * `deno task compile`: `detect` as a program of one file that needs nothing else, in `dist/`.
 *
 * It is bundled first, npm packages and weights included, so that nothing of a cache or a node_modules
 * folder gets into it; `deno compile` then puts the bundle behind Deno's run-time part, which it
 * downloads.
 *
 * @module
 */
import { type Command, helpText, parseArguments } from "../args.ts";
import { CliError, EXIT, type ExitCode, runCommand } from "../exit_codes.ts";

/** What Deno compiles for (`deno compile --help`). */
export const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
] as const;

const COMMAND = {
  name: "deno task compile",
  usage: "[options]",
  summary: "Builds the standalone program tinyface-detect.",
  examples: [
    ["deno task compile", "For this machine: dist/tinyface-detect"],
    ["deno task compile --all", "For Linux, macOS and Windows"],
  ],
  options: {
    target: { type: "string", choices: TARGETS, multiple: true, help: "What to compile for" },
    all: { type: "boolean", default: false, help: "Compile for everything that Deno runs on" },
  },
} as const satisfies Command;

const root = new URL("../../../", import.meta.url);

/** What may be done without asking: what `detect` may do as a task. */
async function permissions(): Promise<string[]> {
  const config = JSON.parse(await Deno.readTextFile(new URL("deno.json", root)));
  const { env } = config.permissions.detect as { env: string[] };
  return ["--allow-read", "--allow-write", `--allow-env=${env.join()}`];
}

async function deno(args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("deno", {
    args: [...args],
    cwd: root.pathname,
    env: { NO_COLOR: "1" },
    stderr: "piped",
  }).output();
  if (success) return;
  // What went wrong first stands in "Caused by", where there is one.
  const lines = new TextDecoder().decode(stderr).trim().split("\n").map((line) => line.trim());
  const cause = lines.find((line) => /^\d+: (?!Setting up)/.test(line)) ?? lines[0]!;
  const sentence = cause.replace(/^(\d+|error): /, "");
  throw new CliError(EXIT.someFailed, `Cannot run deno ${args[0]}: ${sentence}`);
}

/**
 * Bundles `detect` and the threads of its `--jobs` into a folder: `detect.js` and `worker.ts`, which
 * keeps the name that it is started by.
 *
 * Throws a {@linkcode CliError} when that fails.
 */
export async function bundleDetect(folder: string): Promise<void> {
  const parts = { "detect.ts": "detect.js", "lib/cli/detect/worker.ts": "worker.ts" };
  for (const [source, output] of Object.entries(parts)) {
    const from = new URL(source, root).pathname;
    await deno([
      ...["bundle", "--quiet", "--minify", "--platform", "deno"],
      ...["--output", `${folder}/${output}`, from],
    ]);
  }
}

/** Runs the command; `args` are those after its name. */
export async function compileCommand(args: readonly string[]): Promise<ExitCode> {
  const { help, options } = parseArguments(COMMAND, args);
  if (help) return console.log(helpText(COMMAND)), EXIT.ok;
  const folder = new URL("dist/compile", root).pathname;
  await Deno.mkdir(folder, { recursive: true });
  await bundleDetect(folder);
  const targets = options.all ? TARGETS : options.target ?? [];
  for (const target of targets.length > 0 ? targets : [undefined]) {
    const output = `dist/tinyface-detect${target === undefined ? "" : `-${target}`}`;
    await deno([
      ...["compile", "--quiet", "--no-check", "--no-config", ...await permissions()],
      ...["--include", `${folder}/worker.ts`, "--output", output],
      ...target === undefined ? [] : ["--target", target],
      `${folder}/detect.js`,
    ]);
    console.log(output);
  }
  return EXIT.ok;
}

if (import.meta.main) await runCommand(() => compileCommand(Deno.args));
