/**
 * `detect` over thousands of photos: photos a second by number of threads, in turns so that all see
 * the same machine, and the memory of the process as it goes on.
 *
 *     deno run --allow-run=deno,ps --allow-read --allow-write --allow-env bench/many_photos.ts data/samples
 *
 * @module
 */
import { helpText, parseArguments } from "../lib/cli/args.ts";
import { listPhotos } from "../lib/cli/detect/photos.ts";
import { CliError, EXIT, runCommand } from "../lib/cli/exit_codes.ts";
import { recordsOf } from "../lib/cli/records.ts";
import { table } from "../lib/cli/table.ts";
import { memoryOf } from "./memory_of.ts";

const COMMAND = {
  name: "bench/many_photos.ts",
  usage: "[options] <folder of photos>",
  summary: "Measures deno task detect --jsonl over many photos: photos a second, memory.",
  examples: [
    [
      "bench/many_photos.ts photos --photos 500 --jobs 1,2 --rounds 3",
      "What a second core is worth",
    ],
    ["bench/many_photos.ts photos --photos 5000 --every 500", "Whether memory stays flat"],
  ],
  options: {
    photos: { type: "number", min: 1, integer: true, default: 5000, help: "Photos a run" },
    jobs: { type: "string", default: "1", help: "Numbers of threads, taken in turns" },
    rounds: { type: "number", min: 1, integer: true, default: 1, help: "Runs of each of them" },
    every: {
      type: "number",
      min: 1,
      integer: true,
      help: "Tell the memory after each so many photos",
    },
  },
} as const;

/** A file that names so many photos: those of the folder, again and again. */
async function listOf(folder: string, count: number): Promise<string> {
  const paths = await Array.fromAsync(listPhotos([folder]), ({ path }) => path);
  const list = await Deno.makeTempFile();
  const lines = Array.from({ length: count }, (_, i) => `${paths[i % paths.length]}\n`);
  await Deno.writeTextFile(list, lines.join(""));
  return list;
}

interface Run {
  /** From the first answer to the last one: starting a process is measured elsewhere. */
  readonly photosPerSecond: number;
  /** MiB after the first photo and each `every` further ones. */
  readonly memory: readonly number[];
}

async function detect(list: string, jobs: number, every = Infinity): Promise<Run> {
  const process = new Deno.Command("deno", {
    args: ["run", "-P=detect", "detect.ts", "--jsonl", "--list", list, "--jobs", String(jobs)],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const memory: number[] = [];
  let answers = 0, start = 0;
  for await (const _ of recordsOf(process.stdout)) {
    if (answers++ === 0) start = performance.now();
    if (answers % every === 1) memory.push(await memoryOf(process.pid));
  }
  const seconds = (performance.now() - start) / 1000;
  const { code } = await process.status;
  if (code !== 0) throw new CliError(EXIT.someFailed, `Cannot measure: detect ends with "${code}"`);
  return { photosPerSecond: (answers - 1) / seconds, memory };
}

async function main(): Promise<void> {
  const { help, options, positionals: [folder] } = parseArguments(COMMAND, Deno.args);
  if (help || folder === undefined) return console.log(helpText(COMMAND));
  const list = await listOf(folder, options.photos);
  try {
    const rows = [["jobs", "photos/s", ...(options.every ? ["MiB"] : [])]];
    for (let round = 0; round < options.rounds; round++) {
      for (const jobs of options.jobs.split(",").map(Number)) {
        const { photosPerSecond, memory } = await detect(list, jobs, options.every);
        const figures = memory.map((mb) => mb.toFixed(0)).join(" ");
        rows.push([String(jobs), photosPerSecond.toFixed(1), ...(options.every ? [figures] : [])]);
      }
    }
    console.log(table(rows));
  } finally {
    await Deno.remove(list);
  }
}

await runCommand(main);
