/**
 * The file of a sample's photo: its bytes, and what its header says.
 *
 * @module
 */
import { asciiAt, JPEG_APP1, jpegSegments, riffChunks, viewOf } from "../codec/containers.ts";
import { ImageDecodeError } from "../codec/decode.ts";
import { type ImageFormat, sniffFormat, sniffSize } from "../codec/sniff.ts";
import type { ReadableStore } from "../files/store.ts";
import type { Size } from "../image/image.ts";
import { labelmePhoto } from "./labelme.ts";
import type { Sample } from "./sample.ts";

/** What the header of an image file says. */
export interface PhotoHeader {
  /** Size of the pixels as they are stored. */
  readonly stored: Size;
  /** Size of the photo as people see it. */
  readonly upright: Size;
  /** How to turn the one into the other: EXIF's orientation, 1 … 8. */
  readonly orientation: number;
}

/**
 * The bytes of a sample's photo, also where it lies in a Labelme file.
 *
 * Throws what the store throws for a file that is not there.
 */
export async function readPhoto(
  store: ReadableStore,
  { path }: Pick<Sample, "path">,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await store.read(path);
  return /\.json$/i.test(path) ? labelmePhoto(new TextDecoder().decode(bytes), path) : bytes;
}

/** Where a format keeps its TIFF block, after these letters. The native decoder does not turn a PNG. */
const EXIF_START: Partial<Record<ImageFormat, (bytes: Uint8Array) => number | undefined>> = {
  JPEG(bytes) {
    const exif = [...jpegSegments(bytes)].find(({ type, start }) =>
      type === JPEG_APP1 && asciiAt(bytes, start, 4) === "Exif"
    );
    return exif && exif.start + 6;
  },
  WebP: (bytes) => [...riffChunks(bytes)].find(({ type }) => type === "EXIF")?.start,
};

/** Tag 0x0112 of the first directory of a TIFF block; 1 when it is missing or makes no sense. */
function tiffOrientation(block: DataView): number {
  const isLittle = block.getUint16(0) === 0x4949;
  const directory = block.getUint32(4, isLittle);
  const entries = block.getUint16(directory, isLittle);
  for (let k = 0, at = directory + 2; k < entries; k++, at += 12) {
    if (block.getUint16(at, isLittle) !== 0x0112) continue;
    const value = block.getUint16(at + 8, isLittle);
    return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

function exifOrientation(bytes: Uint8Array, format: ImageFormat): number {
  const start = EXIF_START[format]?.(bytes);
  if (start === undefined) return 1;
  try {
    return tiffOrientation(viewOf(bytes.subarray(start)));
  } catch (error) {
    if (error instanceof RangeError) return 1; // the block is cut off
    throw error;
  }
}

/** Reads a photo's header. Throws an `ImageDecodeError` when the bytes are no image. */
export function photoHeader(bytes: Uint8Array): PhotoHeader {
  const format = sniffFormat(bytes);
  const stored = format && sniffSize(bytes, format);
  if (stored === undefined) throw new ImageDecodeError("not_an_image", "its header is not whole");
  const orientation = exifOrientation(bytes, format!);
  const { width, height } = stored;
  const upright = orientation < 5 ? stored : { width: height, height: width };
  return { stored, upright, orientation };
}

/** Size of a sample's photo, turned as its boxes are. Throws what the two above throw. */
export async function photoSize(store: ReadableStore, sample: Sample): Promise<Size> {
  return photoHeader(await readPhoto(store, sample))[sample.orientation];
}
