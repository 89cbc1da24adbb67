/**
 * The official ground truth of WIDER FACE's validation set, as its evaluation tools ship it: four
 * MATLAB files with every box, its attributes, and which faces count as easy, medium and hard.
 *
 * @module
 */
import { joinPath } from "../datasets/paths.ts";
import type { FaceAttribute } from "../datasets/sample.ts";
import { FACE_ATTRIBUTES } from "../datasets/wider.ts";
import type { ReadableStore } from "../files/store.ts";
import { type MatNumbers, type MatValue, readMatFile } from "./mat_file.ts";

/** The official selections of faces: easy ⊂ medium ⊂ hard. */
export const WIDER_SUBSETS = ["easy", "medium", "hard"] as const;

/** One of {@linkcode WIDER_SUBSETS}. */
export type WiderSubset = typeof WIDER_SUBSETS[number];

/** One photo of the ground truth. */
export interface WiderTruth {
  /** Its path below the image folder: `0--Parade/0_Parade_marchingband_1_465.jpg`. */
  readonly id: string;
  /** N faces as `[x, y, width, height, …]`, pixels of the photo as it is stored; sizes may be 0. */
  readonly boxes: Float64Array;
  /** N flags for each selection: 1 = the face counts. */
  readonly counts: Readonly<Record<WiderSubset, Uint8Array>>;
  /** N numbers for each attribute; meanings in `lib/datasets/wider.ts`. */
  readonly attributes: Readonly<Record<FaceAttribute, Uint8Array>>;
}

/** Names of the four files in the ground-truth folder. */
const FILES = {
  all: "wider_face_val.mat",
  easy: "wider_easy_val.mat",
  medium: "wider_medium_val.mat",
  hard: "wider_hard_val.mat",
} as const;

/** Where the folder lies below a WIDER FACE folder: beside the images, or in the unpacked tools. */
const FOLDERS = ["ground_truth", "eval_tools/ground_truth"];

/** Finds the ground truth below a WIDER FACE folder; `undefined` when it is not there. */
export async function findWiderGroundTruth(
  store: ReadableStore,
  root: string,
): Promise<string | undefined> {
  for (const folder of FOLDERS.map((name) => joinPath(root, name))) {
    if (await store.has(joinPath(folder, FILES.all))) return folder;
  }
  return undefined;
}

/** The variables of one file, read as what they must be. */
class Variables {
  readonly path: string;
  #values: ReadonlyMap<string, MatValue>;

  constructor(path: string, values: ReadonlyMap<string, MatValue>) {
    this.path = path;
    this.#values = values;
  }

  /** The members of a cell array of 61 events. */
  events(name: string): readonly MatValue[] {
    return this.#cells(this.#values.get(name), name);
  }

  /** The members of a cell array of events of images, all in one row. */
  images(name: string): readonly MatValue[] {
    return this.events(name).flatMap((event) => this.#cells(event, name));
  }

  text(value: MatValue, name: string): string {
    return value.kind === "text" ? value.text : this.fail(`${name} does not hold text`);
  }

  numbers(value: MatValue | undefined, name: string): MatNumbers {
    return value?.kind === "numbers" ? value : this.fail(`${name} does not hold numbers`);
  }

  #cells(value: MatValue | undefined, name: string): readonly MatValue[] {
    return value?.kind === "cells" ? value.cells : this.fail(`${name} is not a cell array`);
  }

  fail(reason: string): never {
    throw new SyntaxError(`Cannot use "${this.path}" as WIDER FACE ground truth: ${reason}`);
  }
}

async function readVariables(store: ReadableStore, path: string): Promise<Variables> {
  try {
    return new Variables(path, await readMatFile(await store.read(path)));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new SyntaxError(`${path}: ${cause.message}`, { cause });
  }
}

function idsOf(file: Variables): string[] {
  const events = file.events("event_list").map((event) => file.text(event, "event_list"));
  return file.events("file_list").flatMap((images, k) => {
    if (images.kind !== "cells") return file.fail("file_list is not a cell array");
    return images.cells.map((name) => `${events[k]}/${file.text(name, "file_list")}.jpg`);
  });
}

/** Column-major k × 4 → `[x, y, w, h, …]`. */
function rowsOf({ shape, data }: MatNumbers, file: Variables): Float64Array {
  const [rows = 0, columns] = shape;
  if (columns !== 4) file.fail(`a member of face_bbx_list has shape "${shape.join("x")}"`);
  return Float64Array.from(data, (_, i) => data[(i % 4) * rows + Math.floor(i / 4)]!);
}

/** 1-based indices of the faces that count → one flag a face. */
function flagsOf(indices: Float64Array, faces: number, file: Variables): Uint8Array {
  const flags = new Uint8Array(faces);
  for (const index of indices) {
    if (!(index >= 1 && index <= faces)) {
      file.fail(`gt_list names face "${index}" of an image that has ${faces}`);
    }
    flags[index - 1] = 1;
  }
  return flags;
}

/** The members of a variable, one an image, as numbers. */
function numbersOf(file: Variables, name: string, images: number): MatNumbers[] {
  const members = file.images(name);
  if (members.length !== images) {
    file.fail(`${name} describes ${members.length} images, expected ${images}`);
  }
  return members.map((member) => file.numbers(member, name));
}

/**
 * Reads the ground truth from its folder.
 *
 * Rejects with a `SyntaxError` that names the file when one is not a MATLAB 5 file, or not what the
 * official tools ship.
 *
 * @returns All photos, in the official order.
 */
export async function readWiderGroundTruth(
  store: ReadableStore,
  folder: string,
): Promise<WiderTruth[]> {
  const open = (name: keyof typeof FILES) => readVariables(store, joinPath(folder, FILES[name]));
  const all = await open("all");
  const ids = idsOf(all);
  const boxes = numbersOf(all, "face_bbx_list", ids.length).map((member) => rowsOf(member, all));

  const attributes = FACE_ATTRIBUTES.map((attribute) => {
    const members = numbersOf(all, `${attribute}_label_list`, ids.length);
    return [attribute, members.map(({ data }) => Uint8Array.from(data))] as const;
  });
  const counts = await Promise.all(WIDER_SUBSETS.map(async (subset) => {
    const file = await open(subset);
    const members = numbersOf(file, "gt_list", ids.length);
    const flags = members.map(({ data }, i) => flagsOf(data, boxes[i]!.length / 4, file));
    return [subset, flags] as const;
  }));
  const pick = <Name extends string, Value>(
    lists: readonly (readonly [Name, readonly Value[]])[],
    i: number,
  ) => Object.fromEntries(lists.map(([name, list]) => [name, list[i]!])) as Record<Name, Value>;

  return ids.map((id, i) => ({
    id,
    boxes: boxes[i]!,
    counts: pick(counts, i),
    attributes: pick(attributes, i),
  }));
}
