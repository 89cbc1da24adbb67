/**
 * COCO (cocodataset.org/#format-data): one JSON for all photos,
 *
 *     {"images": [{"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}],
 *      "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [x, y, w, h], "iscrowd": 0}],
 *      "categories": [{"id": 1, "name": "face"}]}
 *
 * with boxes in pixels from 0. `iscrowd` marks what is to be ignored.
 *
 * @module
 */
import type { ReadableStore } from "../files/store.ts";
import { boxArea, boxCount } from "../geometry/boxes.ts";
import { type Annotation, describeMended, type Face, toAnnotation } from "./annotation.ts";
import { type ClassFilter, describeClasses, onlyFaces } from "./classes.ts";
import type { AnnotatedPhoto, Format } from "./format.ts";
import { matchPhotos } from "./match_photos.ts";
import { joinPath } from "./paths.ts";
import { type Fields, isFields, readJson } from "./read_json.ts";
import type { Dataset } from "./sample.ts";

/** Where photos and their COCO file lie. */
export interface CocoSpec extends ClassFilter {
  /** Which reader. */
  readonly format: "coco";
  /** Folder of the photos. */
  readonly images: string;
  /** The JSON file. */
  readonly annotations: string;
}

/** One photo of a COCO file. */
export interface CocoEntry {
  /** Path below the image folder. */
  readonly path: string;
  /** Its faces. */
  readonly annotation: Annotation;
}

/** What of a COCO file is used. */
interface CocoFile {
  readonly images: readonly Fields[];
  readonly annotations: readonly Fields[];
  /** Names of the classes by id. */
  readonly classes: ReadonlyMap<unknown, string>;
}

function readFields(text: string, name: string): CocoFile {
  const json = readJson(text, name);
  const isList = (value: unknown): value is Fields[] =>
    Array.isArray(value) && value.every(isFields);
  if (!isFields(json) || !isList(json.images) || !isList(json.annotations)) {
    throw new SyntaxError(
      `Cannot read "${name}": it is not a COCO file, which has "images" and "annotations"`,
    );
  }
  const { images, annotations, categories } = json;
  const known = isList(categories) ? categories : [];
  return { images, annotations, classes: new Map(known.map(({ id, name }) => [id, String(name)])) };
}

function toFace(annotation: Fields, classes: CocoFile["classes"], fail: (what: string) => never) {
  const { bbox, category_id: id, iscrowd } = annotation;
  const isBox = Array.isArray(bbox) && bbox.length === 4 && bbox.every(Number.isFinite) &&
    bbox[2] >= 0 && bbox[3] >= 0;
  if (!isBox) {
    fail(
      `has bbox "${
        JSON.stringify(bbox)
      }", expected four numbers [x, y, width, height], no side negative`,
    );
  }
  const [x, y, width, height] = bbox as [number, number, number, number];
  const face: Face = {
    box: [x, y, x + width, y + height],
    label: classes.get(id) ?? String(id ?? ""),
    ignore: iscrowd === 1 || iscrowd === true,
  };
  return face;
}

/**
 * Reads a COCO file.
 *
 * Throws a `SyntaxError` when the text is none, a box is not one, or a box belongs to no photo of the
 * file.
 *
 * @param text The JSON.
 * @param name What messages call it.
 */
export function parseCoco(text: string, name = "annotations"): CocoEntry[] {
  const { images, annotations, classes } = readFields(text, name);
  const faces = new Map<unknown, Face[]>();
  for (const [i, { id, file_name: file }] of images.entries()) {
    if (typeof file !== "string" || file === "") {
      throw new SyntaxError(`Cannot read "${name}": image ${i} has no "file_name"`);
    }
    if (faces.has(id)) throw new SyntaxError(`Cannot read "${name}": two images have id "${id}"`);
    faces.set(id, []);
  }
  const strangers = annotations.filter((annotation) => !faces.has(annotation.image_id));
  if (strangers.length > 0) {
    throw new SyntaxError(
      `Cannot read "${name}": ${strangers.length} of its ${annotations.length} boxes are for images ` +
        `that it does not list, the first has image_id "${strangers[0]!.image_id}"`,
    );
  }
  for (const [i, annotation] of annotations.entries()) {
    const fail = (what: string): never => {
      throw new SyntaxError(`Cannot read "${name}": annotation ${i} ${what}`);
    };
    faces.get(annotation.image_id)!.push(toFace(annotation, classes, fail));
  }
  return images.map(({ id, file_name: file }) => ({
    path: file as string,
    annotation: toAnnotation(faces.get(id)!),
  }));
}

/**
 * Loads a COCO data set. Photos that are not there are left out and counted in `problems`.
 *
 * Throws a `SyntaxError` on a broken file and an `Error` when none of its photos is there.
 */
export async function loadCoco(
  store: ReadableStore,
  { images, annotations: path, ...filter }: Omit<CocoSpec, "format">,
): Promise<Dataset> {
  const entries = parseCoco(new TextDecoder().decode(await store.read(path)), path)
    .map((entry) => ({ ...entry, annotation: onlyFaces(entry.annotation, filter) }));
  const { usable, problems, leftovers } = await matchPhotos(store, images, path, entries);
  const annotations = entries.map(({ annotation }) => annotation);
  return {
    name: path,
    samples: usable.map(({ path, annotation: { boxes, ignore } }) => ({
      id: path,
      path: joinPath(images, path),
      boxes,
      ignore,
      attributes: {},
      orientation: "upright",
    })),
    problems: [
      ...problems,
      ...describeMended(annotations, path),
      ...describeClasses(annotations, filter, path),
    ],
    leftovers,
  };
}

function toCoco(photos: readonly AnnotatedPhoto[]): string {
  const annotations: unknown[] = [];
  for (const [image, { boxes, ignore }] of photos.entries()) {
    for (let i = 0; i < boxCount(boxes); i++) {
      const [x1, y1, x2, y2] = boxes.subarray(4 * i);
      annotations.push({
        id: annotations.length + 1,
        image_id: image + 1,
        category_id: 1,
        bbox: [x1!, y1!, x2! - x1!, y2! - y1!],
        area: boxArea(boxes, i),
        iscrowd: ignore[i],
      });
    }
  }
  const images = photos.map(({ id, size }, i) => ({
    id: i + 1,
    file_name: id,
    width: size.width,
    height: size.height,
  }));
  return JSON.stringify({ images, annotations, categories: [{ id: 1, name: "face" }] });
}

/** COCO as one of the formats. */
export const COCO: Format<CocoSpec> = {
  paths: ["images", "annotations"],
  load: loadCoco,
  write: {
    orientation: "upright",
    photos: "images",
    hasIgnore: true,
    files: (photos) => [["annotations.json", toCoco(photos)]],
    spec: (folder) => ({
      format: "coco",
      images: `${folder}/images`,
      annotations: `${folder}/annotations.json`,
    }),
  },
};
