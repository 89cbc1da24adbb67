/**
 * A data set in another format. Photos are copied byte for byte, never decoded.
 *
 * @module
 */
import type { Store } from "../files/store.ts";
import { boxArea, boxCount, type Boxes, clipBoxes, takeBoxes } from "../geometry/boxes.ts";
import type { AnnotatedPhoto, Writer } from "./format.ts";
import { joinPath } from "./paths.ts";
import { photoHeader, readPhoto } from "./photo_file.ts";
import type { Dataset, FaceAttribute, Sample } from "./sample.ts";
import { turnBoxes } from "./turn_boxes.ts";

/** What {@linkcode convertDataset} did. */
export interface Conversion {
  /** Photos written. */
  readonly photos: number;
  /** Faces written, the ones to be ignored included. */
  readonly faces: number;
  /** Photos that could not be read and are left out, one sentence each. */
  readonly failures: readonly string[];
  /** What the format cannot say, one sentence each. */
  readonly losses: readonly string[];
}

function checkName({ id }: Sample): void {
  if (id.startsWith("/") || id.split(/[/\\]/).includes("..")) {
    throw new RangeError(`Cannot convert "${id}": its name leads out of the folder of the photos`);
  }
}

/** The faces of a photo that a writer can take: cut to the photo, without those of no area. */
function annotate(
  sample: Sample,
  bytes: Uint8Array,
  { orientation, hasIgnore }: Pick<Writer, "orientation" | "hasIgnore">,
): AnnotatedPhoto {
  const header = photoHeader(bytes), size = header[orientation];
  const turned: Boxes = turnBoxes(sample.boxes, header, sample.orientation, orientation);
  const boxes = clipBoxes(turned, size.width, size.height);
  const kept = [...sample.ignore.keys()]
    .filter((i) => boxArea(boxes, i) > 0 && (hasIgnore || sample.ignore[i] === 0));
  const take = (values: Uint8Array) => Uint8Array.from(kept, (i) => values[i]!);
  return {
    id: sample.id,
    size,
    boxes: takeBoxes(boxes, kept),
    ignore: take(sample.ignore),
    attributes: Object.fromEntries(
      Object.entries(sample.attributes).map((
        [name, values],
      ) => [name as FaceAttribute, take(values)]),
    ),
  };
}

function checkDistinct(files: readonly (readonly [string, string])[]): void {
  const paths = new Set<string>();
  for (const [path] of files) {
    if (paths.has(path)) {
      throw new RangeError(`Cannot convert: two photos would share the label file "${path}"`);
    }
    paths.add(path);
  }
}

/**
 * Writes a data set into a folder in another format. Boxes are cut to their photo, and turned where
 * one format means the pixels as stored and the other the photo upright.
 *
 * Throws a `RangeError` when a photo's name leads out of its folder, or two photos would share a label
 * file; the folder may hold photos by then.
 *
 * @param store Where the photos are read and everything is written.
 * @param writer How the format is written: `FORMATS[name].write`.
 * @param folder Where it goes; files that are there are overwritten.
 * @param onPhoto Is told how many photos are done.
 */
export async function convertDataset(
  store: Store,
  { samples }: Dataset,
  writer: Omit<Writer, "spec">,
  folder: string,
  onPhoto?: (done: number, total: number) => void,
): Promise<Conversion> {
  samples.forEach(checkName);
  const photos: AnnotatedPhoto[] = [], failures: string[] = [];
  let given = 0;
  for (const [k, sample] of samples.entries()) {
    try {
      const bytes = await readPhoto(store, sample);
      photos.push(annotate(sample, bytes, writer));
      given += boxCount(sample.boxes);
      await store.write(joinPath(folder, `${writer.photos}/${sample.id}`), bytes);
    } catch (error) {
      failures.push(`${sample.path}: left out: ${(error as Error).message}`);
    }
    onPhoto?.(k + 1, samples.length);
  }
  const files = [...writer.files(photos)];
  checkDistinct(files);
  for (const [path, text] of files) {
    await store.write(joinPath(folder, path), new TextEncoder().encode(text));
  }
  const faces = photos.reduce((sum, { boxes }) => sum + boxCount(boxes), 0);
  const reason = writer.hasIgnore
    ? "they have no area on their photo"
    : "they have no area on their photo, or are to be ignored, which the format cannot say";
  const losses = given > faces ? [`${given - faces} faces are left out: ${reason}`] : [];
  return { photos: photos.length, faces, failures, losses };
}
