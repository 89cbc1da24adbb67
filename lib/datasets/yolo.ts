/**
 * YOLO (docs.ultralytics.com/datasets/detect): one text a photo, one line a face,
 *
 *     class cx cy w h
 *
 * centre and sides as parts of the upright photo's, 0 … 1. A photo without a text has no face.
 *
 * @module
 */
import type { ReadableStore } from "../files/store.ts";
import { boxCount, type Boxes } from "../geometry/boxes.ts";
import type { Size } from "../image/image.ts";
import { type Annotation, type Face, toAnnotation } from "./annotation.ts";
import type { AnnotatedPhoto, Format } from "./format.ts";
import { type LabelFolders, loadLabelFiles } from "./label_files.ts";
import { withoutExtension } from "./paths.ts";
import { photoSize } from "./photo_file.ts";
import type { Dataset, Sample } from "./sample.ts";

/** Where photos and their YOLO texts lie. */
export interface YoloSpec extends LabelFolders {
  /** Which reader. */
  readonly format: "yolo";
}

function parseFace(line: string, fail: (found: string) => never): Face {
  const [label = "", ...numbers] = line.split(/\s+/);
  const [cx, cy, w, h] = numbers.map(Number) as [number, number, number, number];
  // Half a thousandth beyond 1 is what rounding makes.
  const isBox = numbers.length === 4 && [cx, cy, w, h].every((part) => part >= 0 && part <= 1.0005);
  if (!isBox) fail(line);
  return { box: [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2], label, ignore: false };
}

/**
 * Reads the text of one photo; boxes are in parts of the photo, x of its width and y of its height.
 *
 * Throws a `SyntaxError` that names the line.
 *
 * @param text The lines.
 * @param name What messages call it.
 */
export function parseYolo(text: string, name = "labels"): Annotation {
  const faces: Face[] = [];
  for (const [i, row] of text.split("\n").entries()) {
    if (row.trim() === "") continue;
    faces.push(parseFace(row.trim(), (found) => {
      throw new SyntaxError(
        `Cannot read "${name}", line ${
          i + 1
        }: it is "${found}", expected class cx cy w h, the last ` +
          "four from 0 to 1",
      );
    }));
  }
  return toAnnotation(faces);
}

function toPixels(boxes: Boxes, { width, height }: Size): Boxes {
  return boxes.map((part, k) => part * (k % 2 === 0 ? width : height));
}

/**
 * Loads a YOLO data set. Every photo with faces is read once for its size; one that cannot be read is
 * left out and named in `problems`.
 *
 * Throws an `Error` when no photo has a label file.
 */
export async function loadYolo(
  store: ReadableStore,
  folders: Omit<YoloSpec, "format">,
): Promise<Dataset> {
  const dataset = await loadLabelFiles(store, folders, {
    extension: ".txt",
    parse: parseYolo,
    unlabelled: "without faces",
  });
  const samples: Sample[] = [], problems = [...dataset.problems];
  for (const sample of dataset.samples) {
    try {
      const boxes = sample.boxes.length === 0
        ? sample.boxes
        : toPixels(sample.boxes, await photoSize(store, sample));
      samples.push({ ...sample, boxes });
    } catch (error) {
      problems.push(`${sample.path}: left out: ${(error as Error).message}`);
    }
  }
  return { ...dataset, samples, problems };
}

/** Six digits: a millionth of the photo's side. */
const DIGITS = 6;

function toYolo({ boxes, size: { width, height } }: AnnotatedPhoto): string {
  const lines = Array.from({ length: boxCount(boxes) }, (_, i) => {
    const [x1, y1, x2, y2] = boxes.subarray(4 * i) as unknown as [number, number, number, number];
    const parts = [
      (x1 + x2) / 2 / width,
      (y1 + y2) / 2 / height,
      (x2 - x1) / width,
      (y2 - y1) / height,
    ];
    return `0 ${parts.map((part) => part.toFixed(DIGITS)).join(" ")}\n`;
  });
  return lines.join("");
}

function dataYaml(parts: readonly string[]): string {
  const folderOf = (names: readonly string[]) => {
    const part = parts.find((part) => names.includes(part)) ?? parts[0]!;
    return part === "" ? "images" : `${part}/images`;
  };
  return `train: ${folderOf(["train"])}\nval: ${folderOf(["val", "valid"])}\nnames:\n  0: face\n`;
}

/** YOLO as one of the formats. */
export const YOLO: Format<YoloSpec> = {
  paths: ["images", "labels"],
  load: loadYolo,
  write: {
    orientation: "upright",
    photos: "images",
    hasIgnore: false,
    files: (photos) =>
      photos.map((photo) => [`labels/${withoutExtension(photo.id)}.txt`, toYolo(photo)]),
    index: (parts) => ["data.yaml", dataYaml(parts)],
    spec: (folder) => ({
      format: "yolo",
      images: `${folder}/images`,
      labels: `${folder}/labels`,
    }),
  },
};
