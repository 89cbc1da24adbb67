/**
 * A data set as people name it on a command line: by its folder. How it is laid out says what it is.
 *
 * @module
 */
import type { FormatSpec } from "../datasets/formats.ts";
import { listDeep } from "../datasets/list_deep.ts";
import type { DatasetSpec } from "../datasets/load.ts";
import { isImageName, joinPath } from "../datasets/paths.ts";
import type { ReadableStore } from "../files/store.ts";
import { CliError, EXIT } from "./exit_codes.ts";

/** Which part of a data set. */
export type WiderSplit = "train" | "val";

/** The parts of a data set by name; one without parts has a single one, named "". */
export type Parts = ReadonlyMap<string, FormatSpec>;

/** A folder that is looked at. */
interface Folder {
  readonly store: ReadableStore;
  readonly path: string;
  /** What is in it. */
  readonly names: readonly string[];
}

/** Finds the parts of a folder that is laid out in one way; gives none when it is not. */
type Layout = (folder: Folder) => Promise<Iterable<readonly [part: string, spec: FormatSpec]>>;

/** What people call the parts, in the order in which they are shown. */
const PART_NAMES = ["train", "val", "valid", "validation", "test"];

/** Which parts serve as which split, best first. */
const SPLITS: Readonly<Record<WiderSplit, readonly string[]>> = {
  train: ["train"],
  val: ["val", "valid", "validation"],
};

async function textOf(store: ReadableStore, path: string): Promise<string> {
  return new TextDecoder().decode(await store.read(path));
}

async function holds(store: ReadableStore, folder: string, ending: RegExp): Promise<boolean> {
  return (await listDeep(store, folder, (name) => ending.test(name))).length > 0;
}

/** The first of some folders, given by their path below another, that has photos in or below it. */
async function firstWithPhotos(
  { store, path }: Folder,
  candidates: readonly string[],
): Promise<string | undefined> {
  for (const candidate of candidates) {
    const folder = candidate === "" ? path : joinPath(path, candidate);
    if ((await listDeep(store, folder, isImageName)).length > 0) return folder;
  }
  return undefined;
}

/** `WIDER_train`, `WIDER_val` and `wider_face_split`, as the archives unpack. */
const widerArchives: Layout = ({ path, names }) => {
  if (!names.includes("wider_face_split")) return Promise.resolve([]);
  const parts = (["train", "val"] as const).filter((part) => names.includes(`WIDER_${part}`));
  return Promise.resolve(parts.map((part) => [part, {
    format: "wider",
    images: `${path}/WIDER_${part}/images`,
    annotations: `${path}/wider_face_split/wider_face_${part}_bbx_gt.txt`,
  }]));
};

/** `images` and one annotation text in WIDER FACE's form, as `data convert` writes it. */
const widerText: Layout = ({ path, names }) => {
  const text = names.find((name) => name.endsWith("_bbx_gt.txt"));
  if (text === undefined || !names.includes("images")) return Promise.resolve([]);
  return Promise.resolve([["", {
    format: "wider",
    images: `${path}/images`,
    annotations: `${path}/${text}`,
  }]]);
};

/** The lines `train: …`, `val: …` and `test: …` of Ultralytics' `data.yaml`; the rest is not needed. */
function readDataYaml(text: string): Map<string, string> {
  const lines = [
    ...text.matchAll(/^(path|train|val|test):[ \t]*["']?([^"'#\n]+?)["']?[ \t]*(?:#.*)?$/gm),
  ];
  return new Map(lines.map(([, key, value]) => [key!, value!]));
}

/** YOLO by its `data.yaml`. */
const yoloYaml: Layout = async (folder) => {
  const { store, path, names } = folder;
  if (!names.includes("data.yaml")) return [];
  const values = readDataYaml(await textOf(store, joinPath(path, "data.yaml")));
  const parts = new Map<string, FormatSpec>(), seen = new Set<string>();
  for (const part of ["train", "val", "test"]) {
    const value = values.get(part)?.replace(/\/+$/, "");
    if (value === undefined) continue;
    // Exporters write paths from where they ran: what matters is where they end.
    const tail = value.replace(/^(\.\.?\/)+/, "");
    const images = await firstWithPhotos(folder, [tail, joinPath(values.get("path") ?? "", value)]);
    if (images === undefined || seen.has(images)) continue;
    seen.add(images);
    const labels = images.replace(/(^|\/)images(?=\/[^/]*$|$)/, "$1labels");
    parts.set(part, { format: "yolo", images, labels });
  }
  return parts.size === 1 ? [["", [...parts.values()][0]!]] : parts;
};

/** `annotations/instances_train2017.json` and the like, photos in `train2017` or `images`. */
const cocoFolder: Layout = async (folder) => {
  const { store, path, names } = folder;
  if (!names.includes("annotations")) return [];
  const parts: [string, FormatSpec][] = [];
  for (const file of await store.list(`${path}/annotations`)) {
    const part = PART_NAMES.findLast((name) => file.includes(name));
    if (part === undefined || !file.endsWith(".json")) continue;
    const tail = file.replace(/\.json$/, "").split("_").at(-1)!;
    const places = [`images/${tail}`, tail, `images/${part}`, part, "images", ""];
    const images = await firstWithPhotos(folder, places);
    if (images !== undefined) {
      parts.push([part, { format: "coco", images, annotations: `${path}/annotations/${file}` }]);
    }
  }
  return parts;
};

async function isCoco(store: ReadableStore, file: string): Promise<boolean> {
  try {
    const json = JSON.parse(await textOf(store, file));
    return Array.isArray(json.annotations) && Array.isArray(json.images);
  } catch {
    return false;
  }
}

/** One COCO file, photos beside it or in `images`. */
const cocoFile: Layout = async (folder) => {
  const { store, path, names } = folder;
  const files = names.filter((name) => name.endsWith(".json"));
  if (files.length !== 1 || !await isCoco(store, joinPath(path, files[0]!))) return [];
  const images = await firstWithPhotos(folder, ["images", ""]);
  const annotations = joinPath(path, files[0]!);
  return images === undefined ? [] : [["", { format: "coco", images, annotations }]];
};

/** `JPEGImages` or `images` with XML in `Annotations`, parts by the lists of `ImageSets/Main`. */
const voc: Layout = async ({ store, path, names }) => {
  const images = names.find((name) => /^(jpegimages|images)$/i.test(name));
  const labels = names.find((name) => /^annotations$/i.test(name));
  if (!images || !labels || !await holds(store, joinPath(path, labels), /\.xml$/i)) return [];
  const spec: FormatSpec = {
    format: "voc",
    images: joinPath(path, images),
    annotations: joinPath(path, labels),
  };
  const lists = `${path}/ImageSets/Main`, there = await store.list(lists);
  const parts = PART_NAMES.filter((part) => there.includes(`${part}.txt`));
  return parts.length === 0
    ? [["", spec]]
    : parts.map((part) => [part, { ...spec, list: `${lists}/${part}.txt` }]);
};

/** `images` and `labels`, each perhaps with a folder for each part. */
const twoFolders: Layout = async ({ store, path, names }) => {
  if (!names.includes("images") || !names.includes("labels")) return [];
  const images = `${path}/images`, labels = `${path}/labels`;
  const format = await holds(store, labels, /\.json$/i) ? "labelme" : "yolo";
  const inside = await store.list(images);
  const parts = PART_NAMES.filter((part) => inside.includes(part));
  return parts.length === 0 ? [["", { format, images, labels }]] : parts.map((part) => [part, {
    format,
    images: `${images}/${part}`,
    labels: `${labels}/${part}`,
  }]);
};

/** A folder for each part, each a data set: the six folders of Labelme, or any other. */
const partFolders: Layout = async ({ store, path, names }) => {
  const parts: [string, FormatSpec][] = [];
  for (const part of PART_NAMES.filter((name) => names.includes(name))) {
    const spec = (await findParts(store, joinPath(path, part), WHOLE_LAYOUTS)).get("");
    if (spec !== undefined) parts.push([part, spec]);
  }
  return parts;
};

/** Photos and Labelme files side by side. */
const labelmeFolder: Layout = ({ path, names }) =>
  Promise.resolve(
    names.some((name) => name.endsWith(".json"))
      ? [["", { format: "labelme", images: path, labels: path }]]
      : [],
  );

/** Photos alone: none of them has a face. */
const photosOnly: Layout = ({ path, names }) =>
  Promise.resolve(names.some(isImageName) ? [["", { format: "negatives", images: path }]] : []);

/** Layouts without parts. */
const WHOLE_LAYOUTS = [widerText, cocoFile, voc, twoFolders, labelmeFolder];

/** All layouts; the first that fits counts. */
const LAYOUTS = [
  widerArchives,
  yoloYaml,
  cocoFolder,
  widerText,
  cocoFile,
  voc,
  twoFolders,
  partFolders,
  labelmeFolder,
];

async function findParts(
  store: ReadableStore,
  path: string,
  layouts: readonly Layout[],
): Promise<Parts> {
  const names = await store.list(path);
  for (const layout of layouts) {
    const parts = new Map(await layout({ store, path, names }));
    if (parts.size > 0) return parts;
  }
  return new Map();
}

/**
 * Tells what a folder holds, and in which parts.
 *
 * Throws a {@linkcode CliError} when it is laid out in no known way.
 *
 * @param isPhotosEnough Whether photos without any annotation will do: photos without faces.
 */
export async function partsAt(
  store: ReadableStore,
  folder: string,
  isPhotosEnough = false,
): Promise<Parts> {
  const path = folder.length > 1 ? folder.replace(/\/+$/, "") : folder;
  const parts = await findParts(store, path, isPhotosEnough ? [...LAYOUTS, photosOnly] : LAYOUTS);
  if (parts.size > 0) return parts;
  const reason = (await store.list(path)).length === 0
    ? "the folder is missing or empty"
    : "it is laid out like none of Labelme, COCO, YOLO, VOC and WIDER FACE, see data/README.md";
  throw new CliError(EXIT.usage, `Cannot use data set "${folder}": ${reason}`);
}

/**
 * Tells what a folder holds: Labelme (photos and JSON side by side, in `images` and `labels`, or those
 * two in each of `train`, `valid` and `test`), COCO, YOLO, VOC or WIDER FACE.
 *
 * Throws a {@linkcode CliError} when it is none of these, or has parts but not the one that is asked
 * for.
 *
 * @param split Which part, where there are several.
 */
export async function datasetAt(
  store: ReadableStore,
  folder: string,
  split: WiderSplit,
): Promise<DatasetSpec> {
  const parts = await partsAt(store, folder);
  const part = ["", ...SPLITS[split]].find((name) => parts.has(name));
  if (part !== undefined) return parts.get(part)!;
  throw new CliError(
    EXIT.usage,
    `Cannot use data set "${folder}": it has no part "${split}", only "${
      [...parts.keys()].join('", "')
    }"`,
  );
}
