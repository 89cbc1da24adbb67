/**
 * `data convert`: a data set in another annotation format.
 *
 * @module
 */
import { convertDataset } from "../../datasets/convert.ts";
import { type FormatName, FORMATS, WRITTEN_FORMATS } from "../../datasets/formats.ts";
import { loadDataset } from "../../datasets/load.ts";
import { joinPath } from "../../datasets/paths.ts";
import type { Dataset } from "../../datasets/sample.ts";
import { briefHelpText, type Command, helpText, parseArguments } from "../args.ts";
import type { DataWorld } from "./world.ts";
import { type Parts, partsAt } from "../dataset_argument.ts";
import { denoStore } from "../deno_store.ts";
import { CliError, EXIT, type ExitCode } from "../exit_codes.ts";
import { Progress } from "../progress.ts";

const CONVERT = {
  name: "deno task data convert",
  usage: "<from> <to> --format <name>",
  summary: "Writes a data set to a new folder in another format, photos included.",
  examples: [
    ["deno task data convert my/photos data/yolo --format yolo", "for Ultralytics"],
    [
      "deno task data convert data/wider data/coco --format coco",
      "train and val, each in a folder",
    ],
  ],
  options: {
    format: { type: "string", choices: WRITTEN_FORMATS, help: "The new format" },
  },
} as const satisfies Command;

/** Throws unless nothing, or an empty folder, is at this path. */
async function checkFree(path: string): Promise<void> {
  const refuse = () => {
    throw new CliError(EXIT.usage, `Cannot convert to "${path}": there is something already`);
  };
  try {
    for await (const _ of Deno.readDir(path)) refuse();
  } catch (error) {
    if (error instanceof Deno.errors.NotADirectory) refuse();
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Gives a folder its final name, which an empty folder may have. */
async function putInPlace(folder: string, target: string): Promise<void> {
  await checkFree(target);
  await Deno.remove(target).catch(() => {}); // refuses a folder that has something in it
  await Deno.rename(folder, target);
}

/** The folder of a part. */
function partFolder(folder: string, part: string): string {
  return part === "" ? folder : joinPath(folder, part);
}

/** Loads all parts before anything is written. */
async function loadParts(parts: Parts): Promise<[part: string, Dataset][]> {
  const datasets: [string, Dataset][] = [];
  for (const [part, spec] of parts) datasets.push([part, await loadDataset(denoStore, spec)]);
  return datasets;
}

/** Writes all parts to a folder; gives whether every photo could be read. */
async function convertParts(
  datasets: readonly (readonly [part: string, dataset: Dataset])[],
  folder: string,
  format: FormatName,
  world: DataWorld,
): Promise<boolean> {
  const writer = FORMATS[format].write!, progress = new Progress();
  let isWhole = true;
  for (const [part, dataset] of datasets) {
    const show = (done: number, total: number) =>
      progress.show(`${dataset.name}: ${done} of ${total} photos`);
    const { photos, faces, failures, losses } = await convertDataset(
      denoStore,
      dataset,
      writer,
      partFolder(folder, part),
      show,
    );
    progress.clear();
    world.warn(`${dataset.name}: ${photos} photos, ${faces} faces`);
    for (const problem of [...dataset.problems, ...failures, ...losses]) world.warn(`  ${problem}`);
    if (failures.length > 0 || (dataset.leftovers?.broken.length ?? 0) > 0) isWhole = false;
  }
  if (writer.index) {
    const [path, text] = writer.index(datasets.map(([part]) => part));
    await denoStore.write(joinPath(folder, path), new TextEncoder().encode(text));
  }
  return isWhole;
}

/**
 * Runs `data convert` with these arguments. Everything is written to a folder beside the new one, which
 * gets its name at the end: whole or not at all. What a config file needs to use the new data set goes
 * to standard output as JSON, a part each.
 *
 * Throws a {@linkcode CliError} when the command line is wrong or something is in the way.
 */
export async function convertCommand(args: readonly string[], world: DataWorld): Promise<ExitCode> {
  const { help, options: { format }, positionals } = parseArguments(CONVERT, args);
  if (help) return world.print(helpText(CONVERT)), EXIT.ok;
  if (args.length === 0) return world.warn(briefHelpText(CONVERT)), EXIT.usage;
  const [from, to, ...more] = positionals;
  if (from === undefined || to === undefined || more.length > 0) {
    const count = positionals.length;
    throw new CliError(EXIT.usage, `Cannot convert: ${count} folders are named, expected two`);
  }
  if (format === undefined) throw new CliError(EXIT.usage, "Cannot convert: --format is missing");

  const target = to.replace(/(?<=.)\/+$/, ""), partial = `${target}.partial`;
  await checkFree(target);
  await checkFree(partial);
  const datasets = await loadParts(await partsAt(denoStore, from));
  let isWhole: boolean;
  try {
    isWhole = await convertParts(datasets, partial, format, world);
    await putInPlace(partial, target);
  } catch (error) {
    await Deno.remove(partial, { recursive: true }).catch(() => {});
    throw error;
  }
  const specs = datasets.map((
    [part],
  ) => [part, FORMATS[format].write!.spec(partFolder(target, part))]);
  world.print(
    JSON.stringify(specs.length === 1 ? specs[0]![1] : Object.fromEntries(specs), null, 2),
  );
  return isWhole ? EXIT.ok : EXIT.someFailed;
}
