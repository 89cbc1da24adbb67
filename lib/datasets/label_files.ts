/**
 * Data sets with one label file a photo (Labelme, YOLO, VOC): finds which belongs to which.
 *
 * @module
 */
import type { ReadableStore } from "../files/store.ts";
import { type Annotation, describeMended } from "./annotation.ts";
import { type ClassFilter, describeClasses, onlyFaces } from "./classes.ts";
import { listDeep } from "./list_deep.ts";
import { folderName, isImageName, joinPath, withoutExtension } from "./paths.ts";
import type { Dataset, Sample } from "./sample.ts";

/** Where photos and label files lie. */
export interface LabelFolders extends ClassFilter {
  /** Folder of the photos; they may lie in folders below it. */
  readonly images: string;
  /** Folder of the label files, laid out like that of the photos; may be the same. */
  readonly labels: string;
}

/** How label files of a format are read. */
export interface LabelFileFormat {
  /** What their names end with, such as `.json`. */
  readonly extension: string;
  /** Reads one; throws a `SyntaxError` that names it when it is broken. */
  parse(text: string, path: string): Annotation;
  /** What a photo without a label file is. */
  readonly unlabelled: "left out" | "without faces";
  /** Only these photos, named without extension, are wanted. Default: all. */
  readonly only?: ReadonlySet<string>;
}

const NOTHING: Annotation = {
  boxes: new Float32Array(0),
  ignore: new Uint8Array(0),
  labels: [],
  mended: 0,
};

/** What the label files say. */
interface Found {
  /** Annotations by photo. */
  readonly annotations: Map<string, Annotation>;
  /** Samples whose photo lies in the label file. */
  readonly embedded: Sample[];
  /** Paths of label files whose photo is nowhere. */
  readonly orphans: string[];
  /** Label files that cannot be read: path without folder and extension, path, and reason. */
  readonly broken: { readonly stem: string; readonly path: string; readonly reason: string }[];
}

function toSample(id: string, path: string, { boxes, ignore }: Annotation): Sample {
  return { id, path, boxes, ignore, attributes: {}, orientation: "upright" };
}

/** Reads the label files and finds the photo of each. */
async function readLabels(
  store: ReadableStore,
  { labels, ...filter }: LabelFolders,
  { extension, parse }: LabelFileFormat,
  photos: readonly string[],
  isWanted: (path: string) => boolean,
): Promise<Found> {
  const names = new Set(photos);
  const byStem = new Map(photos.map((photo) => [withoutExtension(photo), photo]));
  const found: Found = { annotations: new Map(), embedded: [], orphans: [], broken: [] };

  const take = (file: string, path: string, annotation: Annotation) => {
    const { image, hasPhoto } = annotation;
    const named = image === undefined ? "" : joinPath(folderName(file), image);
    const photo = names.has(named) ? named : byStem.get(withoutExtension(file));
    if (photo !== undefined) found.annotations.set(photo, annotation);
    else if (hasPhoto) found.embedded.push(toSample(named, path, annotation));
    else found.orphans.push(path);
  };

  const isLabel = (name: string) => name.toLowerCase().endsWith(extension);
  for (const file of (await listDeep(store, labels, isLabel)).filter(isWanted)) {
    const path = joinPath(labels, file), stem = withoutExtension(file);
    try {
      const text = new TextDecoder().decode(await store.read(path));
      take(file, path, onlyFaces(parse(text, path), filter));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      if (byStem.has(stem)) found.broken.push({ stem, path, reason: error.message });
    }
  }
  return found;
}

function countsOf(counts: readonly (readonly [count: number, what: string])[]): string[] {
  return counts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
}

/**
 * Loads a folder of photos and a folder of label files. A file belongs to the photo that it names or,
 * where that is not there, to the one with its own name, in the folder of the same path. Broken files
 * are left out and named in `problems`, unless no photo has their name: they may be anything.
 *
 * Throws an `Error` when no photo with labels is found.
 */
export async function loadLabelFiles(
  store: ReadableStore,
  folders: LabelFolders,
  format: LabelFileFormat,
): Promise<Dataset> {
  const { images, labels } = folders, { only, extension } = format;
  const isWanted = (path: string) => only?.has(withoutExtension(path)) ?? true;
  const photos = (await listDeep(store, images, isImageName)).filter(isWanted);
  const found = await readLabels(store, folders, format, photos, isWanted);
  const { annotations, embedded, orphans, broken } = found;
  if (annotations.size + embedded.length === 0) {
    throw new Error(
      `Cannot load "${images}": none of its ${photos.length} images has a ${extension} label file ` +
        `in "${labels}"`,
    );
  }

  const settled = new Set(broken.map(({ stem }) => stem));
  const unlabelled = photos.filter((photo) =>
    !annotations.has(photo) && !settled.has(withoutExtension(photo))
  );
  const isBackground = format.unlabelled === "without faces";
  if (isBackground) { for (const photo of unlabelled) annotations.set(photo, NOTHING); }
  const labelled = photos.filter((photo) => annotations.has(photo))
    .map((photo) => toSample(photo, joinPath(images, photo), annotations.get(photo)!));
  return {
    name: images,
    samples: [...labelled, ...embedded],
    problems: [
      ...broken.map(({ reason }) => reason),
      ...countsOf([
        [orphans.length, `label files of "${labels}" have no image in "${images}"`],
        [
          unlabelled.length,
          `images of "${images}" have no label file${isBackground ? ": no face on them" : ""}`,
        ],
      ]),
      ...describeMended(annotations.values(), labels),
      ...describeClasses(annotations.values(), folders, labels),
    ],
    leftovers: {
      photos: isBackground ? [] : unlabelled.map((photo) => joinPath(images, photo)),
      annotations: orphans,
      broken: broken.map(({ path }) => path),
    },
  };
}
