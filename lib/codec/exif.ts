/**
 * Makes decoders overlook the EXIF block of an image file, and with it the orientation.
 *
 * @module
 */
import { asciiAt, JPEG_APP1, jpegSegments, type Part, riffChunks } from "./containers.ts";
import type { ImageFormat } from "./sniff.ts";

/** The EXIF blocks of a file. PNG is missing because the native decoder does not turn a PNG. */
const EXIF_PARTS: Partial<Record<ImageFormat, (bytes: Uint8Array) => Part<unknown>[]>> = {
  JPEG: (bytes) =>
    [...jpegSegments(bytes)].filter(({ type, start }) =>
      type === JPEG_APP1 && asciiAt(bytes, start, 4) === "Exif"
    ),
  WebP: (bytes) => [...riffChunks(bytes)].filter(({ type }) => type === "EXIF"),
};

/**
 * The file with the first letters of its EXIF blocks made unreadable, as a copy; the bytes
 * themselves when there are none. (Cutting a block out of a WebP would break its header's promise.)
 */
export function withoutExif(
  bytes: Uint8Array<ArrayBuffer>,
  format: ImageFormat,
): Uint8Array<ArrayBuffer> {
  const parts = EXIF_PARTS[format]?.(bytes) ?? [];
  if (parts.length === 0) return bytes;
  const copy = bytes.slice();
  for (const { start } of parts) copy.fill(0, start, start + 4);
  return copy;
}
