/**
 * Labelme (github.com/wkentaro/labelme): one JSON file a photo,
 *
 *     {"shapes": [{"label": "face", "points": [[x, y], [x, y]], "shape_type": "rectangle"}],
 *      "imagePath": "..\\images\\0001.jpg", "imageHeight": 480, "imageWidth": 640, …}
 *
 * with the photos in the same folder, in one beside it, or inside (`imageData`, base64).
 *
 * @module
 */
import type { ReadableStore } from "../files/store.ts";
import { boxArea, boxCount, type Boxes, clipBoxes } from "../geometry/boxes.ts";
import type { Size } from "../image/image.ts";
import type { Annotation } from "./annotation.ts";
import type { AnnotatedPhoto, Format } from "./format.ts";
import { type LabelFolders, loadLabelFiles } from "./label_files.ts";
import { baseName, withoutExtension } from "./paths.ts";
import { type Fields, isFields, readJson } from "./read_json.ts";
import type { Dataset } from "./sample.ts";

/** Where photos and their Labelme files lie. */
export interface LabelmeSpec extends LabelFolders {
  /** Which reader. */
  readonly format: "labelme";
}

type Point = readonly [x: number, y: number];

const isPoint = (value: unknown): value is Point =>
  Array.isArray(value) && value.length === 2 && value.every(Number.isFinite);

/** Corners of the box around the points, whatever their order and number. */
function enclose(points: readonly Point[]): number[] {
  const xs = points.map(([x]) => x), ys = points.map(([, y]) => y);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** Labelme gives a circle by its centre and a point on its rim. */
function encloseCircle([[x, y], [rimX, rimY]]: readonly [Point, Point]): number[] {
  const radius = Math.hypot(rimX - x, rimY - y);
  return [x - radius, y - radius, x + radius, y + radius];
}

function boxOf({ points, shape_type }: Fields): number[] | undefined {
  const least = shape_type === "point" ? 1 : 2; // a point is no face, but no fault either
  if (!Array.isArray(points) || points.length < least || !points.every(isPoint)) return undefined;
  return shape_type === "circle" ? encloseCircle(points as [Point, Point]) : enclose(points);
}

function sizeOfPhoto({ imageWidth, imageHeight }: Fields): Size {
  const known = (side: unknown) => typeof side === "number" && side > 0 ? side : Infinity;
  return { width: known(imageWidth), height: known(imageHeight) };
}

function readFields(text: string, name: string): Fields {
  const json = readJson(text, name);
  if (!isFields(json) || !Array.isArray(json.shapes) || typeof json.imagePath !== "string") {
    throw new SyntaxError(
      `Cannot read "${name}": it is not a Labelme file, which has "shapes" and "imagePath"`,
    );
  }
  return json;
}

/** What {@linkcode parseLabelme} read. */
export interface LabelmeAnnotation extends Annotation {
  /** Name of the photo, without folders. */
  readonly image: string;
}

/**
 * Reads a Labelme file. Every shape is a face, whatever its label and type: a rectangle by two corners
 * in any order, a circle, or the box around the points of a polygon, cut to the photo. The flag
 * `ignore` of a shape marks a face that is to be ignored.
 *
 * Throws a `SyntaxError` when the text is not a Labelme file or a shape has no points.
 *
 * @param text The JSON.
 * @param name What messages call it.
 */
export function parseLabelme(text: string, name = "labels"): LabelmeAnnotation {
  const json = readFields(text, name);
  const { width, height } = sizeOfPhoto(json);
  const corners: number[] = [], labels: string[] = [], ignore: number[] = [];
  let mended = 0;
  for (const [i, shape] of (json.shapes as unknown[]).entries()) {
    const box = isFields(shape) ? boxOf(shape) : undefined;
    if (box === undefined) {
      throw new SyntaxError(
        `Cannot read "${name}": shape ${i} has no "points", expected two or more [x, y]`,
      );
    }
    const clipped = clipBoxes(Float32Array.from(box), width, height);
    const isEmpty = boxArea(clipped, 0) === 0;
    if (isEmpty || clipped.some((value, k) => value !== Math.fround(box[k]!))) mended++;
    if (isEmpty) continue;
    const { label, flags } = shape as Fields;
    corners.push(...clipped);
    labels.push(String(label ?? ""));
    ignore.push(isFields(flags) && flags.ignore === true ? 1 : 0);
  }
  return {
    image: baseName(json.imagePath as string),
    boxes: Float32Array.from(corners),
    ignore: Uint8Array.from(ignore),
    labels,
    mended,
    hasPhoto: typeof json.imageData === "string" && json.imageData !== "",
  };
}

/**
 * The photo that lies in a Labelme file.
 *
 * Throws a `SyntaxError` when there is none, or it is not base64.
 *
 * @param text The JSON.
 * @param name What messages call it.
 */
export function labelmePhoto(text: string, name = "labels"): Uint8Array<ArrayBuffer> {
  const { imageData } = readFields(text, name);
  try {
    if (typeof imageData === "string") return Uint8Array.fromBase64(imageData);
  } catch {
    // Not base64: the same to the reader as nothing.
  }
  throw new SyntaxError(`Cannot read "${name}": "imageData" is not an image in base64`);
}

/** Loads a folder of photos and a folder of Labelme files; see {@linkcode loadLabelFiles}. */
export function loadLabelme(
  store: ReadableStore,
  folders: Omit<LabelmeSpec, "format">,
): Promise<Dataset> {
  return loadLabelFiles(store, folders, {
    extension: ".json",
    parse: parseLabelme,
    unlabelled: "left out",
  });
}

function shapesOf(boxes: Boxes, ignore: Uint8Array): unknown[] {
  return Array.from({ length: boxCount(boxes) }, (_, i) => {
    const [x1, y1, x2, y2] = boxes.subarray(4 * i);
    return {
      label: "face",
      points: [[x1, y1], [x2, y2]],
      group_id: null,
      shape_type: "rectangle",
      flags: ignore[i] === 1 ? { ignore: true } : {},
    };
  });
}

function toLabelme({ id, size, boxes, ignore }: AnnotatedPhoto): string {
  const up = "../".repeat(id.split("/").length);
  return JSON.stringify({
    version: "5.0.1",
    flags: {},
    shapes: shapesOf(boxes, ignore),
    imagePath: `${up}images/${id}`,
    imageData: null,
    imageHeight: size.height,
    imageWidth: size.width,
  });
}

/** Labelme as one of the formats. */
export const LABELME: Format<LabelmeSpec> = {
  paths: ["images", "labels"],
  load: loadLabelme,
  write: {
    orientation: "upright",
    photos: "images",
    hasIgnore: true,
    files: (photos) =>
      photos.map((photo) => [`labels/${withoutExtension(photo.id)}.json`, toLabelme(photo)]),
    spec: (folder) => ({
      format: "labelme",
      images: `${folder}/images`,
      labels: `${folder}/labels`,
    }),
  },
};
