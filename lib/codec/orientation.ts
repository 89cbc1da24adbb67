/**
 * How a picture is stored, by its EXIF data.
 *
 * @module
 */
import type { Orientation } from "../image/turn.ts";
import { viewOf } from "./containers.ts";
import { type ExifFormat, exifOf } from "./exif.ts";
import { isLittleEndian, readDirectory } from "./tiff_directory.ts";

const ORIENTATION_TAG = 0x0112;

/** The orientation that a TIFF block states; 1 = upright, also where it states none. */
function orientationIn(tiff: Uint8Array): Orientation {
  try {
    const little = isLittleEndian(tiff);
    const { entries } = readDirectory(tiff, viewOf(tiff).getUint32(4, little), new Map());
    const entry = entries.find(({ tag }) => tag === ORIENTATION_TAG);
    const value = entry ? viewOf(entry.value).getUint16(0, little) : 1;
    return value >= 1 && value <= 8 ? value as Orientation : 1;
  } catch {
    return 1; // a broken block: decoders overlook it
  }
}

/** The orientation that a file's EXIF data state; 1 = upright, also where it has none. */
export function orientationOf(bytes: Uint8Array, format: ExifFormat): Orientation {
  const tiff = exifOf(bytes, format);
  return tiff === undefined ? 1 : orientationIn(tiff);
}
