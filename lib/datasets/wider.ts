/**
 * WIDER FACE (shuoyang1213.me/WIDERFACE) as its official annotation texts describe it:
 *
 *     0--Parade/0_Parade_marchingband_1_849.jpg      path below the image folder
 *     1                                              number of faces
 *     449 330 122 149 0 0 0 0 0 0                    x y w h and six attributes, one line a face
 *
 * Attributes, in the order of the line: `blur` 0 clear, 1 normal, 2 heavy; `expression` 0 typical,
 * 1 exaggerated; `illumination` 0 normal, 1 extreme; `invalid` 0 valid, 1 invalid; `occlusion`
 * 0 none, 1 partial, 2 heavy; `pose` 0 typical, 1 atypical (readme.txt of wider_face_split).
 *
 * A photo without faces has the count 0 or 1 and one line of zeros, or the count 0 and no line.
 *
 * @module
 */
import { boxCount, type Boxes } from "../geometry/boxes.ts";
import type { ReadableStore } from "../files/store.ts";
import type { AnnotatedPhoto, Format } from "./format.ts";
import { matchPhotos } from "./match_photos.ts";
import { baseName, joinPath } from "./paths.ts";
import type { Dataset, FaceAttribute, Sample } from "./sample.ts";

/** Where a part (train, val) of WIDER FACE lies. */
export interface WiderSpec {
  /** Which reader. */
  readonly format: "wider";
  /** Folder with the event folders (`0--Parade`, …). */
  readonly images: string;
  /** The annotation text (`wider_face_train_bbx_gt.txt`). */
  readonly annotations: string;
}

/** One photo of an annotation text. */
export interface WiderEntry {
  /** Path below the image folder. */
  readonly path: string;
  /** N faces, pixels of the photo as it is stored. */
  readonly boxes: Boxes;
  /** N numbers for each attribute. */
  readonly attributes: Readonly<Record<FaceAttribute, Uint8Array>>;
}

/** What {@linkcode parseWider} read. */
export interface WiderAnnotation {
  /** All photos, in the order of the text. */
  readonly entries: readonly WiderEntry[];
  /** Face lines, the skipped ones included. */
  readonly lines: number;
  /** Face lines that were skipped because their width or height is zero or less. */
  readonly zeroSize: number;
}

/** All attributes, in the order of a line. */
export const FACE_ATTRIBUTES = [
  "blur",
  "expression",
  "illumination",
  "invalid",
  "occlusion",
  "pose",
] as const satisfies readonly FaceAttribute[];

const FACE_LINE = "x y w h blur expression illumination invalid occlusion pose";
const DUMMY_LINE = /^0( 0){9}$/;

function fail(name: string, line: number, found: string | undefined, expected: string): never {
  const what = found === undefined ? "the file ends" : `it is "${found}"`;
  throw new SyntaxError(`Cannot read "${name}", line ${line}: ${what}, expected ${expected}`);
}

function parseFace(text: string | undefined, name: string, line: number): number[] {
  const values = text?.split(/\s+/).map(Number) ?? [];
  if (values.length !== 10 || !values.every(Number.isFinite)) {
    fail(name, line, text, `ten numbers (${FACE_LINE})`);
  }
  return values;
}

function toEntry(path: string, faces: readonly number[][]): WiderEntry {
  const column = (k: number) => Uint8Array.from(faces, (face) => face[k]!);
  return {
    path,
    boxes: Float32Array.from(faces.flatMap(([x, y, w, h]) => [x!, y!, x! + w!, y! + h!])),
    attributes: Object.fromEntries(
      FACE_ATTRIBUTES.map((attribute, k) => [attribute, column(4 + k)]),
    ) as Record<FaceAttribute, Uint8Array>,
  };
}

/**
 * Reads an annotation text. Boxes are taken as they are; they may reach beyond the photo, whose size
 * the text does not tell.
 *
 * Throws a `SyntaxError` that names the line and what was expected there.
 *
 * @param text The annotation.
 * @param name What messages call it.
 */
export function parseWider(text: string, name = "annotation"): WiderAnnotation {
  const rows = text.split("\n").map((row) => row.trim());
  while (rows.at(-1) === "") rows.pop();

  const entries: WiderEntry[] = [];
  let lines = 0, zeroSize = 0;
  for (let i = 0; i < rows.length;) {
    const path = rows[i]!;
    if (path === "" || DUMMY_LINE.test(path)) fail(name, i + 1, path, "the path of an image");
    const count = rows[i + 1];
    if (count === undefined || !/^\d+$/.test(count)) {
      fail(name, i + 2, count, `the number of faces of "${path}"`);
    }
    i += 2;
    // A photo without faces may still carry a line.
    const faceLines = Number(count) || (DUMMY_LINE.test(rows[i] ?? "") ? 1 : 0);
    const faces: number[][] = [];
    for (let k = 0; k < faceLines; k++, i++) faces.push(parseFace(rows[i], name, i + 1));
    const sized = faces.filter((face) => face[2]! > 0 && face[3]! > 0);
    lines += faces.length;
    zeroSize += faces.length - sized.length;
    entries.push(toEntry(path, sized));
  }
  return { entries, lines, zeroSize };
}

function toSample(entry: WiderEntry, images: string): Sample {
  return {
    id: entry.path,
    path: joinPath(images, entry.path),
    boxes: entry.boxes,
    ignore: entry.attributes.invalid.map((invalid) => invalid === 0 ? 0 : 1),
    attributes: entry.attributes,
    orientation: "stored",
  };
}

/**
 * Loads a part of WIDER FACE. Faces marked `invalid` are to be ignored; photos that are not there are
 * left out and counted in `problems`.
 *
 * Throws a `SyntaxError` on a broken annotation and an `Error` when none of its photos is there.
 */
export async function loadWider(
  store: ReadableStore,
  { images, annotations }: Omit<WiderSpec, "format">,
): Promise<Dataset> {
  const text = new TextDecoder().decode(await store.read(annotations));
  const { entries, zeroSize } = parseWider(text, annotations);
  const { usable, problems, leftovers } = await matchPhotos(store, images, annotations, entries);
  if (zeroSize > 0) {
    problems.push(`${zeroSize} lines of "${annotations}" have no width or height and are skipped`);
  }
  return {
    name: baseName(annotations),
    samples: usable.map((entry) => toSample(entry, images)),
    problems,
    leftovers,
  };
}

/** A line as the official texts write it: whole pixels, a side at least one. */
function faceLine({ boxes, ignore, attributes }: AnnotatedPhoto, i: number): string {
  const [x1, y1, x2, y2] = Array.from(boxes.subarray(4 * i, 4 * i + 4), Math.round);
  const given = { ...attributes, invalid: ignore };
  const labels = FACE_ATTRIBUTES.map((attribute) => given[attribute]?.[i] ?? 0);
  return [x1!, y1!, Math.max(1, x2! - x1!), Math.max(1, y2! - y1!), ...labels].join(" ") + " ";
}

function toWider(photo: AnnotatedPhoto): string {
  const count = boxCount(photo.boxes);
  const lines = count === 0
    ? ["0 0 0 0 0 0 0 0 0 0 "]
    : Array.from({ length: count }, (_, i) => faceLine(photo, i));
  return [photo.id, count, ...lines, ""].join("\n");
}

/** Name of an annotation text that stands beside one folder of photos. */
export const WIDER_TEXT = "wider_face_bbx_gt.txt";

/** WIDER FACE's form as one of the formats; corners are rounded to whole pixels when it is written. */
export const WIDER: Format<WiderSpec> = {
  paths: ["images", "annotations"],
  load: loadWider,
  write: {
    orientation: "stored",
    photos: "images",
    hasIgnore: true,
    files: (photos) => [[WIDER_TEXT, photos.map(toWider).join("")]],
    spec: (folder) => ({
      format: "wider",
      images: `${folder}/images`,
      annotations: `${folder}/${WIDER_TEXT}`,
    }),
  },
};
