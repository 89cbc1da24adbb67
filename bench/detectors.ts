/**
 * How fast whole detectors are, pixels to faces, on one thread: this one and those that a program in
 * JavaScript could use instead. Each has a process of its own; a cold start is what a fresh one takes
 * from before the import to the first faces, then all take turns.
 *
 *     deno task bundle && deno run --no-lock --allow-run=deno --allow-read --allow-write --allow-env \
 *       bench/detectors.ts
 *
 * Detectors that are not there are left out; `bench/README.md` says how to get them.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { helpText, parseArguments } from "../lib/cli/args.ts";
import { CliError, EXIT, runCommand } from "../lib/cli/exit_codes.ts";
import { textsOf } from "../lib/cli/records.ts";
import { table } from "../lib/cli/table.ts";
import { decodeImage } from "../lib/codec/decode.ts";
import { encodeJpeg } from "../lib/codec/encode.ts";
import { median } from "../lib/evaluation/evaluate.ts";
import { channelsOf, type Image, type Size } from "../lib/image/image.ts";
import { resample } from "../lib/image/resample.ts";
import { CONTESTANTS } from "./detector_contestants.ts";
import type { Look } from "./detector_process.ts";
import { speeds, takeTurns } from "./turns.ts";

const COMMAND = {
  name: "bench/detectors.ts",
  usage: "[options]",
  summary: "Measures whole detectors on one photo: milliseconds, cold start, number of faces.",
  examples: [["bench/detectors.ts --size 320", "A photo of 320x240"]],
  options: {
    photo: {
      type: "string",
      default: "data/samples/sample4.jpg",
      help: "What they look at; its middle, if it is not 4:3",
    },
    size: {
      type: "number",
      min: 32,
      integer: true,
      default: 640,
      help: "Its width as they see it",
    },
    rounds: { type: "number", min: 1, integer: true, default: 10, help: "Of three measured looks" },
    starts: {
      type: "number",
      min: 1,
      integer: true,
      default: 5,
      help: "Cold starts, after one more",
    },
  },
} as const;

/** As much of the middle of a photo as has the shape of `size`, in that size. */
function shrink(photo: Image, size: Size): Image {
  const scale = Math.min(photo.width / size.width, photo.height / size.height);
  const width = scale * size.width, height = scale * size.height;
  const corner = { x: (photo.width - width) / 2, y: (photo.height - height) / 2 };
  return resample(
    photo,
    { ...corner, width, height, outWidth: size.width, outHeight: size.height },
    [0, 0, 0],
  );
}

function rgba(image: Image): Uint8Array {
  const channels = channelsOf(image);
  return Uint8Array.from(
    { length: 4 * image.width * image.height },
    (_, i) => i % 4 === 3 ? 255 : image.data[channels * (i >> 2) + i % 4]!,
  );
}

/** A detector that runs, and what it says. */
class DetectorProcess {
  readonly #name: string;
  readonly #process: Deno.ChildProcess;
  readonly #answers: AsyncIterator<string>;
  readonly #requests: WritableStreamDefaultWriter<Uint8Array>;

  constructor(name: string, photo: readonly string[]) {
    this.#name = name;
    const program = fileURLToPath(new URL("detector_process.ts", import.meta.url));
    this.#process = new Deno.Command("deno", {
      args: ["run", "--no-lock", "--no-prompt", "--allow-read", program, name, ...photo],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#answers = textsOf(this.#process.stdout);
    this.#requests = this.#process.stdin.getWriter();
  }

  /** Its next look, or its first one: that needs no asking. */
  async answer(): Promise<Look> {
    const { value, done } = await this.#answers.next();
    if (done) throw new CliError(EXIT.someFailed, `Cannot measure "${this.#name}": it has ended`);
    return JSON.parse(value);
  }

  async look(): Promise<Look> {
    await this.#requests.write(new Uint8Array(1));
    return await this.answer();
  }

  async close(): Promise<void> {
    await this.#requests.close();
    await this.#process.status;
  }
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Names of the detectors that can be measured; says which cannot. */
async function present(): Promise<string[]> {
  const names: string[] = [];
  for (const [name, { needs }] of Object.entries(CONTESTANTS)) {
    if (needs === undefined || await isThere(needs)) names.push(name);
    else console.error(`without ${name}: there is no "${needs}", see bench/README.md`);
  }
  return names;
}

/** Milliseconds from import to faces in fresh processes, by detector, in turn. */
async function coldStarts(names: readonly string[], photo: readonly string[], starts: number) {
  const cold = Object.fromEntries(names.map((name) => [name, [] as number[]]));
  // The first start of each is not counted: it may have to compile, download or read from the disk
  // what is there for the next ones.
  for (let start = -1; start < starts; start++) {
    for (const name of names) {
      const process = new DetectorProcess(name, photo);
      const { ms } = await process.answer();
      await process.close();
      if (start >= 0) cold[name]!.push(ms);
    }
  }
  return cold;
}

/** Milliseconds of each look and the number of faces, by detector. */
async function warmLooks(names: readonly string[], photo: readonly string[], rounds: number) {
  const processes = names.map((name) => new DetectorProcess(name, photo));
  try {
    const faces: Record<string, number> = {};
    for (const [i, name] of names.entries()) faces[name] = (await processes[i]!.answer()).faces;
    const runs = names.map((name, i) => [name, async () => (await processes[i]!.look()).ms]);
    return { faces, times: await takeTurns(Object.fromEntries(runs), rounds) };
  } finally {
    for (const process of processes) await process.close();
  }
}

async function main(): Promise<void> {
  const { help, options } = parseArguments(COMMAND, Deno.args);
  if (help) return console.log(helpText(COMMAND));
  const size = { width: options.size, height: Math.round(0.75 * options.size) };
  const image = shrink(await decodeImage(await Deno.readFile(options.photo)), size);
  const names = await present();
  const folder = await Deno.makeTempDir();
  try {
    const pixels = `${folder}/photo.rgba`, jpeg = `${folder}/photo.jpg`;
    await Deno.writeFile(pixels, rgba(image));
    await Deno.writeFile(jpeg, encodeJpeg(image));
    const photo = [pixels, String(size.width), String(size.height), jpeg];
    const cold = await coldStarts(names, photo, options.starts);
    const { faces, times } = await warmLooks(names, photo, options.rounds);
    console.log(`${options.photo} at ${size.width}x${size.height}, one thread`);
    console.log(table([
      ["", "median ms", "fastest", "x tinyface", "cold start, median ms", "fastest", "faces"],
      ...speeds(times).map(([name, ...cells]) => [
        name!,
        ...cells,
        median(cold[name!]!).toFixed(0),
        Math.min(...cold[name!]!).toFixed(0),
        String(faces[name!]),
      ]),
    ]));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

await runCommand(main);
