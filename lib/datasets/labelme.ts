/**
 * Labelme (github.com/wkentaro/labelme): one JSON file a photo,
 *
 *     {"shapes": [{"label": "face", "points": [[x, y], [x, y]], "shape_type": "rectangle"}],
 *      "imagePath": "..\\images\\0001.jpg", "imageHeight": 480, "imageWidth": 640, …}
 *
 * with the photos in the same folder or in one beside it.
 *
 * @module
 */
import { boxArea, type Boxes, clipBoxes } from "../geometry/boxes.ts";
import type { ReadableStore } from "../files/store.ts";
import type { Size } from "../image/image.ts";
import { baseName, isImageName, joinPath, stem } from "./paths.ts";
import type { Dataset } from "./sample.ts";

/** Where photos and their Labelme files lie. */
export interface LabelmeSpec {
  /** Which reader. */
  readonly format: "labelme";
  /** Folder of the photos. */
  readonly images: string;
  /** Folder of the JSON files; may be the same. */
  readonly labels: string;
}

/** What {@linkcode parseLabelme} read. */
export interface LabelmeEntry {
  /** Name of the photo, without folders. */
  readonly image: string;
  /** N boxes that enclose the shapes, pixels of the upright photo, cut to it. */
  readonly boxes: Boxes;
  /** N labels, as they were given. */
  readonly labels: readonly string[];
  /** Shapes that reached beyond the photo and were cut, or lay outside or had no area and are left out. */
  readonly mended: number;
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;

const isPoint = (value: unknown): value is [number, number] =>
  Array.isArray(value) && value.length === 2 && value.every(Number.isFinite);

/** Corners of the box around the points, whatever their order and number. */
function enclose(points: unknown): number[] | undefined {
  if (!Array.isArray(points) || points.length < 2 || !points.every(isPoint)) return undefined;
  const xs = points.map(([x]) => x), ys = points.map(([, y]) => y);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

function sizeOfPhoto({ imageWidth, imageHeight }: Fields): Size {
  const known = (side: unknown) => typeof side === "number" && side > 0 ? side : Infinity;
  return { width: known(imageWidth), height: known(imageHeight) };
}

function readJson(text: string, name: string): Fields {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new SyntaxError(`Cannot read "${name}": it is not JSON`);
  }
  if (!isFields(json) || !Array.isArray(json.shapes) || typeof json.imagePath !== "string") {
    throw new SyntaxError(
      `Cannot read "${name}": it is not a Labelme file, which has "shapes" and "imagePath"`,
    );
  }
  return json;
}

/**
 * Reads a Labelme file. Every shape is a face, whatever its label and type; two points are corners
 * in any order, more are a polygon.
 *
 * Throws a `SyntaxError` when the text is not a Labelme file or a shape has no points.
 *
 * @param text The JSON.
 * @param name What messages call it.
 */
export function parseLabelme(text: string, name = "labels"): LabelmeEntry {
  const json = readJson(text, name);
  const { width, height } = sizeOfPhoto(json);
  const corners: number[] = [], labels: string[] = [];
  let mended = 0;
  for (const [i, shape] of (json.shapes as unknown[]).entries()) {
    const box = isFields(shape) ? enclose(shape.points) : undefined;
    if (box === undefined) {
      throw new SyntaxError(
        `Cannot read "${name}": shape ${i} has no "points", expected two or more [x, y]`,
      );
    }
    const clipped = clipBoxes(Float32Array.from(box), width, height);
    if (clipped.some((value, k) => value !== Math.fround(box[k]!)) || boxArea(clipped, 0) === 0) {
      mended++;
    }
    if (boxArea(clipped, 0) === 0) continue;
    corners.push(...clipped);
    labels.push(String((shape as Fields).label ?? ""));
  }
  const image = baseName(json.imagePath as string);
  return { image, boxes: Float32Array.from(corners), labels, mended };
}

function countProblems(counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts).filter(([, n]) => n > 0).map(([what, n]) => `${n} ${what}`);
}

/**
 * Loads a folder of photos and a folder of Labelme files. A file belongs to the photo that its
 * `imagePath` names or, where that is not there, to the one with its own name. JSON files that are
 * neither Labelme nor named like a photo are passed over; broken ones are left out and named in
 * `problems`.
 *
 * Throws an `Error` when no photo with labels is found.
 */
export async function loadLabelme(
  store: ReadableStore,
  { images, labels }: Omit<LabelmeSpec, "format">,
): Promise<Dataset> {
  const photos = (await store.list(images)).filter(isImageName);
  const names = new Set(photos), byStem = new Map(photos.map((photo) => [stem(photo), photo]));
  const problems: string[] = [], found = new Map<string, LabelmeEntry>();
  let missing = 0, mended = 0;

  for (const file of (await store.list(labels)).filter((name) => /\.json$/i.test(name))) {
    const path = joinPath(labels, file), namesake = byStem.get(stem(file));
    let entry: LabelmeEntry;
    try {
      entry = parseLabelme(new TextDecoder().decode(await store.read(path)), path);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      if (namesake !== undefined) problems.push(error.message);
      continue;
    }
    const photo = names.has(entry.image) ? entry.image : namesake;
    if (photo === undefined) missing++;
    else found.set(photo, entry);
    mended += entry.mended;
  }
  if (found.size === 0) {
    throw new Error(
      `Cannot load "${images}": none of its ${photos.length} images has a Labelme file in "${labels}"`,
    );
  }

  problems.push(...countProblems({
    [`label files of "${labels}" have no image in "${images}"`]: missing,
    [`images of "${images}" have no label file`]: photos.length - found.size,
    [`shapes of "${labels}" reach beyond their image or have no area`]: mended,
  }));
  const samples = photos.filter((photo) => found.has(photo)).map((photo) => {
    const { boxes } = found.get(photo)!;
    return {
      id: photo,
      path: joinPath(images, photo),
      boxes,
      ignore: new Uint8Array(boxes.length / 4),
      attributes: {},
      orientation: "upright" as const,
    };
  });
  return { name: images, samples, problems };
}
