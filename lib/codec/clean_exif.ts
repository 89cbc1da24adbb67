/**
 * EXIF data fit for a copy whose picture has changed: no picture of the original in them, and true of
 * the copy.
 *
 * @module
 */
import type { Size } from "../image/image.ts";
import { viewOf } from "./containers.ts";
import { MAX_EXIF_BYTES } from "./exif.ts";
import {
  isLittleEndian,
  readDirectory,
  type TiffDirectory,
  type TiffEntry,
  type TiffPointers,
  writeTiff,
} from "./tiff_directory.ts";

const NO_POINTERS: TiffPointers = new Map();
/** Interoperability, in the Exif directory. */
const IN_EXIF: TiffPointers = new Map([[0xa005, NO_POINTERS]]);
/** Exif and GPS, in the first directory. The one that follows it is the thumbnail's. */
const IN_ROOT: TiffPointers = new Map([[0x8769, IN_EXIF], [0x8825, NO_POINTERS]]);

/**
 * Longer values go, whatever they are: a picture in which a face could be recognised does not fit
 * into this, and hardly anything else is longer.
 */
const MAX_VALUE_BYTES = 1024;

/** What may hold a picture, names people, or describes pixels that are no longer there. */
const DROPPED: ReadonlySet<number> = new Set([
  ...[0x0100, 0x0101], // width and height
  ...[0x0111, 0x0117, 0x0144, 0x0145, 0x014a], // strips, tiles, further pictures
  ...[0x0201, 0x0202], // a thumbnail
  ...[0x02bc, 0x83bb, 0x8649], // XMP, IPTC, Photoshop: have thumbnails and names of people in them
  0x8773, // colour profile: the copy is sRGB
  0x927c, // the maker's note: several makers put a preview there
]);

const SHORT = 3, LONG = 4;

function number(tag: number, type: typeof SHORT | typeof LONG, value: number, little: boolean) {
  const bytes = new Uint8Array(type === SHORT ? 2 : 4);
  if (type === SHORT) viewOf(bytes).setUint16(0, value, little);
  else viewOf(bytes).setUint32(0, value, little);
  return { tag, type, value: bytes };
}

/** What must be said anew where it is said, by tag. */
function corrections({ width, height }: Size, little: boolean): ReadonlyMap<number, TiffEntry> {
  return new Map([
    number(0x0112, SHORT, 1, little), // orientation: the copy is upright
    number(0xa001, SHORT, 1, little), // colour space: sRGB
    number(0xa002, LONG, width, little),
    number(0xa003, LONG, height, little),
  ].map((entry) => [entry.tag, entry]));
}

function clean(
  { entries, children }: TiffDirectory,
  corrected: ReadonlyMap<number, TiffEntry>,
): TiffDirectory {
  return {
    entries: entries
      .filter(({ tag, value }) => !DROPPED.has(tag) && value.length <= MAX_VALUE_BYTES)
      .map((entry) => corrected.get(entry.tag) ?? entry),
    children: new Map([...children].map(([tag, child]) => [tag, clean(child, corrected)])),
  };
}

/**
 * The EXIF data without thumbnails, previews and anything long, the orientation reset.
 *
 * @param tiff The TIFF block of a photo's EXIF data.
 * @param size Size of the copy that they are for.
 * @returns A TIFF block; `undefined` when the data are damaged or too many for a file.
 */
export function cleanExif(tiff: Uint8Array, size: Size): Uint8Array | undefined {
  try {
    const little = isLittleEndian(tiff);
    const root = readDirectory(tiff, viewOf(tiff).getUint32(4, little), IN_ROOT);
    const cleaned = writeTiff(clean(root, corrections(size, little)), little);
    return cleaned.length <= MAX_EXIF_BYTES ? cleaned : undefined;
  } catch (error) {
    if (error instanceof RangeError) return undefined; // a read past the end of the block
    throw error;
  }
}
