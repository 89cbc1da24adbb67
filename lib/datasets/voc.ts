/**
 * Pascal VOC (host.robots.ox.ac.uk/pascal/VOC): one XML a photo,
 *
 *     <annotation><filename>a.jpg</filename>
 *       <object><name>face</name><difficult>0</difficult>
 *         <bndbox><xmin>1</xmin><ymin>1</ymin><xmax>640</xmax><ymax>480</ymax></bndbox>
 *       </object></annotation>
 *
 * Corners are pixels counted from 1, the last one included, as the development kit has it: the box
 * above is all of a photo of 640×480, here [0, 0, 640, 480]. `difficult` marks what is to be ignored.
 * NOTE: some data sets count from 0; theirs come out one pixel to the upper left.
 *
 * @module
 */
import type { ReadableStore } from "../files/store.ts";
import { boxCount } from "../geometry/boxes.ts";
import { type Annotation, type Face, toAnnotation } from "./annotation.ts";
import type { AnnotatedPhoto, Format } from "./format.ts";
import { type LabelFolders, loadLabelFiles } from "./label_files.ts";
import { baseName, withoutExtension } from "./paths.ts";
import type { Dataset } from "./sample.ts";
import { elements, escapeXml, textOf } from "./xml.ts";

/** Where photos and their XML files lie. */
export interface VocSpec extends Omit<LabelFolders, "labels"> {
  /** Which reader. */
  readonly format: "voc";
  /** Folder of the XML files. */
  readonly annotations: string;
  /** A text with the photos of a part, one a line without extension (`ImageSets/Main/train.txt`). */
  readonly list?: string;
}

const CORNERS = ["xmin", "ymin", "xmax", "ymax"] as const;

function toFace(object: string, fail: (what: string) => never): Face {
  const bndbox = elements(object, "bndbox")[0] ?? "";
  const corners = CORNERS.map((tag) => Number.parseFloat(textOf(bndbox, tag) ?? ""));
  const [xmin, ymin, xmax, ymax] = corners as [number, number, number, number];
  if (!corners.every(Number.isFinite)) fail(`has no ${CORNERS.join(", ")} in numbers`);
  if (xmax < xmin - 1 || ymax < ymin - 1) {
    fail(`has the corners "${corners}", the last before the first`);
  }
  return {
    box: [xmin - 1, ymin - 1, xmax, ymax],
    label: textOf(object, "name") ?? "",
    ignore: textOf(object, "difficult") === "1",
  };
}

/**
 * Reads the XML of one photo. Parts of an object (heads, hands) are not objects.
 *
 * Throws a `SyntaxError` when the text is no annotation or a box is none.
 *
 * @param text The XML.
 * @param name What messages call it.
 */
export function parseVoc(text: string, name = "annotation"): Annotation {
  const [root] = elements(text, "annotation");
  if (root === undefined) {
    throw new SyntaxError(`Cannot read "${name}": it is not VOC XML, which has an <annotation>`);
  }
  const faces = elements(root, "object").map((object, i) =>
    toFace(object.replace(/<part>[^]*?<\/part>/g, ""), (what) => {
      throw new SyntaxError(`Cannot read "${name}": object ${i} ${what}`);
    })
  );
  const image = textOf(root, "filename");
  return { ...toAnnotation(faces), ...(image === undefined ? {} : { image: baseName(image) }) };
}

async function namesIn(store: ReadableStore, list: string): Promise<Set<string>> {
  const text = new TextDecoder().decode(await store.read(list));
  // The lists of one class have a second column: 1 with, −1 without, 0 difficult.
  return new Set(text.split("\n").map((line) => line.trim().split(/\s+/)[0]!).filter(Boolean));
}

/** Loads a VOC data set; see {@linkcode loadLabelFiles}. */
export async function loadVoc(
  store: ReadableStore,
  { annotations: labels, list, ...folders }: Omit<VocSpec, "format">,
): Promise<Dataset> {
  const only = list === undefined ? {} : { only: await namesIn(store, list) };
  return await loadLabelFiles(store, { ...folders, labels }, {
    extension: ".xml",
    parse: parseVoc,
    unlabelled: "left out",
    ...only,
  });
}

/** Whole pixels, at least one. */
function toObject({ boxes, ignore }: AnnotatedPhoto, i: number): string {
  const [x1, y1, x2, y2] = Array.from(boxes.subarray(4 * i, 4 * i + 4), Math.round);
  const corners = [x1! + 1, y1! + 1, Math.max(x1! + 1, x2!), Math.max(y1! + 1, y2!)];
  const bndbox = CORNERS.map((tag, k) => `<${tag}>${corners[k]}</${tag}>`).join("");
  return `  <object><name>face</name><pose>Unspecified</pose><truncated>0</truncated>` +
    `<difficult>${ignore[i]}</difficult><bndbox>${bndbox}</bndbox></object>\n`;
}

function toVoc(photo: AnnotatedPhoto): string {
  const { id, size: { width, height }, boxes } = photo;
  const objects = Array.from({ length: boxCount(boxes) }, (_, i) => toObject(photo, i));
  return `<annotation>\n  <filename>${escapeXml(baseName(id))}</filename>\n` +
    `  <size><width>${width}</width><height>${height}</height><depth>3</depth></size>\n` +
    `  <segmented>0</segmented>\n${objects.join("")}</annotation>\n`;
}

/** VOC as one of the formats; corners are rounded to whole pixels when it is written. */
export const VOC: Format<VocSpec> = {
  paths: ["images", "annotations"],
  load: loadVoc,
  write: {
    orientation: "upright",
    photos: "JPEGImages",
    hasIgnore: true,
    files: (photos) =>
      photos.map((photo) => [`Annotations/${withoutExtension(photo.id)}.xml`, toVoc(photo)]),
    spec: (folder) => ({
      format: "voc",
      images: `${folder}/JPEGImages`,
      annotations: `${folder}/Annotations`,
    }),
  },
};
