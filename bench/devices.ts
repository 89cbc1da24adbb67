/**
 * How long a detection takes on each device that this machine has, pixels to faces.
 *
 *     deno run --no-lock --allow-read --allow-env --allow-sys bench/devices.ts --help
 *
 * @module
 */
import { DeviceUnavailableError } from "../lib/backends/active_device.ts";
import { type Command, helpText, parseArguments } from "../lib/cli/args.ts";
import { runCommand } from "../lib/cli/exit_codes.ts";
import { table } from "../lib/cli/table.ts";
import { decodePhoto } from "../lib/codec/decode_photo.ts";
import { createDetector } from "../lib/detector/detector.ts";
import { DETECTOR_DEVICES, type DetectorDevice } from "../lib/detector/runner.ts";
import { median } from "../lib/evaluation/evaluate.ts";
import type { Image } from "../lib/image/image.ts";
import { downscale } from "../lib/image/resample.ts";
import { DEFAULT_MODEL, MODEL_NAMES, type ModelName } from "../lib/models/registry.ts";

const COMMAND = {
  name: "bench/devices.ts",
  usage: "[options]",
  summary: "Measures a detector on each device: the first look, and the median of those after it.",
  examples: [["bench/devices.ts --model tiny", "Another detector"]],
  options: {
    model: {
      type: "string",
      choices: MODEL_NAMES,
      default: DEFAULT_MODEL,
      help: "Any detector, as it ships",
    },
    photo: {
      type: "string",
      default: "data/samples/sample4.jpg",
      help: "What it looks at",
    },
    size: { type: "number", min: 32, integer: true, default: 640, help: "The photo's long side" },
    seconds: { type: "number", min: 0, default: 5, help: "To go on with a device, once at least" },
  },
} as const satisfies Command;

/** What is to be done with every device. */
interface Task {
  readonly model: ModelName;
  readonly photo: Image;
  readonly seconds: number;
}

/** Cells of a row: the device, its first look, the median of the others, how many, faces. */
async function measure(device: DetectorDevice, { model, photo, seconds }: Task): Promise<string[]> {
  using detector = await createDetector({ model, device });
  const look = async () => {
    const start = performance.now(), faces = await detector.detect(photo);
    return { ms: performance.now() - start, faces: faces.length };
  };
  const first = await look(), others: number[] = [];
  for (const end = performance.now() + 1000 * seconds; performance.now() < end || !others.length;) {
    others.push((await look()).ms);
  }
  const times = [first.ms, median(others)].map((ms) => ms.toFixed(ms < 100 ? 1 : 0));
  return [device, ...times, `${others.length}`, `${first.faces}`];
}

async function main(): Promise<void> {
  const { help, options } = parseArguments(COMMAND, Deno.args);
  if (help) return console.log(helpText(COMMAND));
  const photo = downscale(await decodePhoto(await Deno.readFile(options.photo)), options.size);
  const rows: string[][] = [];
  for (const device of DETECTOR_DEVICES) {
    try {
      rows.push(await measure(device, { ...options, photo }));
    } catch (error) {
      if (!(error instanceof DeviceUnavailableError)) throw error;
      console.error(`without ${device}: ${error.message}`);
    }
  }
  console.log(`${options.model}, ${photo.width}x${photo.height}`);
  console.log(table([["", "first ms", "median ms", "looks", "faces"], ...rows]));
}

await runCommand(main);
