/**
 * `data wider`: gets WIDER FACE ready for training.
 *
 * @module
 */
import { joinPath } from "../../datasets/paths.ts";
import { loadWider, type WiderSpec } from "../../datasets/wider.ts";
import { type Archive, WIDER_ARCHIVES } from "../../datasets/wider_archives.ts";
import { boxCount } from "../../geometry/boxes.ts";
import { type Command, helpText, parseArguments } from "../args.ts";
import type { DataWorld } from "./world.ts";
import { denoStore } from "../deno_store.ts";
import { download, whatIsWrong } from "./download.ts";
import { CliError, EXIT, type ExitCode } from "../exit_codes.ts";
import { Progress } from "../progress.ts";
import { unzip } from "./unzip.ts";

const WIDER = {
  name: "deno task data wider",
  usage: "[options]",
  summary: "Downloads, checks and unpacks WIDER FACE (1.8 GB), or uses a copy that you have.",
  examples: [
    ["deno task data wider", "download to data/wider; run it again to go on after a break"],
    ["deno task data wider --from ~/downloads", "use zips or folders that are there already"],
  ],
  options: {
    to: {
      type: "string",
      placeholder: "folder",
      default: "data/wider",
      help: "Where archives are unpacked",
    },
    from: {
      type: "string",
      placeholder: "folder",
      help: "Folder with the zips, or with what they unpack to (used in place); no download",
    },
    keepArchives: {
      type: "boolean",
      default: false,
      help: "Keep downloaded zips after unpacking",
    },
  },
} as const satisfies Command;

async function countPhotos(images: string): Promise<number> {
  let count = 0;
  for (const event of await denoStore.list(images)) {
    count += (await denoStore.list(joinPath(images, event)))
      .filter((name) => name.endsWith(".jpg")).length;
  }
  return count;
}

/** How much of what an archive holds lies unpacked in a folder. */
async function unpackedIn(root: string, archive: Archive): Promise<"all" | "some" | "nothing"> {
  const folder = joinPath(root, archive.folder);
  const names = await denoStore.list(folder);
  const texts = archive.texts.filter((text) => names.includes(text)).length;
  const photos = archive.photos > 0 ? await countPhotos(joinPath(folder, "images")) : 0;
  if (texts === archive.texts.length && photos >= archive.photos) return "all";
  return texts + photos > 0 ? "some" : "nothing";
}

const toMegabytes = (bytes: number) => (bytes / 1e6).toFixed(0);

/** Unpacks an archive to `root`, showing how far it is. */
async function unpack(zip: string, root: string): Promise<void> {
  const progress = new Progress();
  await unzip(zip, root, (done, total) => progress.show(`${zip}: ${done} of ${total} files`));
  progress.clear();
}

/** Finds or unpacks an archive in the user's folder; gives the folder where it is unpacked. */
async function takeFrom(from: string, to: string, archive: Archive): Promise<string> {
  if (await unpackedIn(from, archive) !== "nothing") return from;
  const zip = joinPath(from, archive.name);
  if (!await denoStore.has(zip)) {
    throw new CliError(
      EXIT.usage,
      `Cannot use "${from}": it has neither "${archive.folder}" nor "${archive.name}"`,
    );
  }
  const wrong = await whatIsWrong(zip, archive);
  if (wrong !== null) throw new CliError(EXIT.someFailed, `Cannot use "${zip}": ${wrong}`);
  await unpack(zip, to);
  return to;
}

/** Downloads and unpacks an archive. */
async function fetchTo(to: string, archive: Archive, keepArchive: boolean): Promise<void> {
  const zip = joinPath(to, archive.name), total = toMegabytes(archive.bytes);
  const progress = new Progress();
  const onProgress = (bytes: number) =>
    progress.show(`${archive.name}: ${toMegabytes(bytes)} of ${total} MB`);
  await Deno.mkdir(to, { recursive: true });
  await download({ ...archive, path: zip, onProgress });
  progress.clear();
  await unpack(zip, to);
  if (!keepArchive) await denoStore.remove(zip);
}

/** Loads a part to see what is really there, and says so. */
async function report(part: string, spec: WiderSpec, world: DataWorld): Promise<void> {
  const { samples, problems } = await loadWider(denoStore, spec);
  const faces = samples.reduce((sum, { boxes }) => sum + boxCount(boxes), 0);
  world.warn(`${part}: ${samples.length} images, ${faces} faces`);
  for (const problem of problems) world.warn(`  ${problem}`);
}

/**
 * Runs `data wider` with these arguments. What a config file needs to use the data set goes to standard
 * output as JSON.
 *
 * Throws a {@linkcode CliError} when the data cannot be had; what has arrived stays for the next run.
 */
export async function widerCommand(args: readonly string[], world: DataWorld): Promise<ExitCode> {
  const { help, options: { from, to, keepArchives }, positionals } = parseArguments(WIDER, args);
  if (help) return world.print(helpText(WIDER)), EXIT.ok;
  if (positionals.length > 0) {
    throw new CliError(EXIT.usage, `Cannot get WIDER FACE: "${positionals[0]}" is not an option`);
  }

  const roots = new Map<string, string>();
  for (const archive of world.archives ?? WIDER_ARCHIVES) {
    let root = to;
    if (await unpackedIn(to, archive) !== "all") {
      if (from === undefined) await fetchTo(to, archive, keepArchives);
      else root = await takeFrom(from, to, archive);
    }
    world.warn(`${archive.folder} is in "${root}"`);
    roots.set(archive.folder, joinPath(root, archive.folder));
  }

  const specOf = (part: "train" | "val"): WiderSpec => ({
    format: "wider",
    images: `${roots.get(`WIDER_${part}`)}/images`,
    annotations: `${roots.get("wider_face_split")}/wider_face_${part}_bbx_gt.txt`,
  });
  const specs = { train: specOf("train"), validation: specOf("val") };
  for (const [part, spec] of Object.entries(specs)) await report(part, spec, world);
  world.print(JSON.stringify(specs, null, 2));
  return EXIT.ok;
}
