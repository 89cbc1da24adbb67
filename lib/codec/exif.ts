/**
 * The EXIF block of an image file: hidden from decoders (and with it the orientation), read, and put
 * into another file.
 *
 * @module
 */
import { crc32 } from "../numbers/crc32.ts";
import {
  asciiAt,
  JPEG_APP1,
  jpegSegments,
  type Part,
  pngChunks,
  riffChunks,
  viewOf,
} from "./containers.ts";
import type { ImageFormat } from "./sniff.ts";

/** What precedes the TIFF block in a JPEG segment. */
const JPEG_EXIF_HEAD = "Exif\0\0";

/** The EXIF blocks of a file whose decoder stays calm when they are broken. */
const EXIF_PARTS: Partial<Record<ImageFormat, (bytes: Uint8Array) => Part<unknown>[]>> = {
  JPEG: (bytes) =>
    [...jpegSegments(bytes)].filter(({ type, start }) =>
      type === JPEG_APP1 && asciiAt(bytes, start, 4) === "Exif"
    ),
  WebP: (bytes) => [...riffChunks(bytes)].filter(({ type }) => type === "EXIF"),
};

function pngWithoutExif(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const chunk = [...pngChunks(bytes)].find(({ type }) => type === "eXIf");
  if (chunk === undefined) return bytes;
  const from = chunk.start - 8, to = chunk.end + 4; // length and type before it, a checksum behind
  const rest = new Uint8Array(bytes.length - (to - from));
  rest.set(bytes.subarray(0, from));
  rest.set(bytes.subarray(to), from);
  return rest;
}

/**
 * The file with its EXIF block cut out (PNG) or the first letters of its EXIF blocks made unreadable
 * (others: cutting one out of a WebP would break its header's promise), as a copy; the bytes
 * themselves when there are none.
 */
export function withoutExif(
  bytes: Uint8Array<ArrayBuffer>,
  format: ImageFormat,
): Uint8Array<ArrayBuffer> {
  if (format === "PNG") return pngWithoutExif(bytes);
  const parts = EXIF_PARTS[format]?.(bytes) ?? [];
  if (parts.length === 0) return bytes;
  const copy = bytes.slice();
  for (const { start } of parts) copy.fill(0, start, start + 4);
  return copy;
}

/** The formats whose EXIF data can be read and written. */
export type ExifFormat = "JPEG" | "PNG";

/** The TIFF block of a file's EXIF data; `undefined` when it has none. */
export function exifOf(bytes: Uint8Array, format: ExifFormat): Uint8Array | undefined {
  if (format === "PNG") {
    const chunk = [...pngChunks(bytes)].find(({ type }) => type === "eXIf");
    return chunk && bytes.subarray(chunk.start, chunk.end);
  }
  const segment = [...jpegSegments(bytes)].find(({ type, start }) =>
    type === JPEG_APP1 && asciiAt(bytes, start, JPEG_EXIF_HEAD.length) === JPEG_EXIF_HEAD
  );
  return segment && bytes.subarray(segment.start + JPEG_EXIF_HEAD.length, segment.end);
}

/** What fits into a JPEG segment, whose length has 16 bits and counts its own two bytes. */
export const MAX_EXIF_BYTES = 65535 - 2 - JPEG_EXIF_HEAD.length;

function jpegExifSegment(tiff: Uint8Array): Uint8Array {
  const payloadBytes = JPEG_EXIF_HEAD.length + tiff.length;
  const segment = new Uint8Array(4 + payloadBytes);
  segment.set([0xff, JPEG_APP1, payloadBytes + 2 >> 8, payloadBytes + 2 & 255]);
  segment.set(new TextEncoder().encode(JPEG_EXIF_HEAD), 4);
  segment.set(tiff, 4 + JPEG_EXIF_HEAD.length);
  return segment;
}

function pngExifChunk(tiff: Uint8Array): Uint8Array {
  const chunk = new Uint8Array(12 + tiff.length), view = viewOf(chunk);
  view.setUint32(0, tiff.length);
  chunk.set(new TextEncoder().encode("eXIf"), 4);
  chunk.set(tiff, 8);
  view.setUint32(8 + tiff.length, crc32(chunk.subarray(4, 8 + tiff.length)));
  return chunk;
}

/** Where the block goes: after the start of image, after the header (signature, 13 bytes of IHDR). */
const EXIF_AT: Readonly<Record<ExifFormat, number>> = { JPEG: 2, PNG: 8 + 12 + 13 };

/**
 * The file, which has no EXIF data, with this TIFF block as such, as a copy.
 *
 * Throws a `RangeError` when the block has more than {@linkcode MAX_EXIF_BYTES}.
 */
export function withExif(
  bytes: Uint8Array,
  format: ExifFormat,
  tiff: Uint8Array,
): Uint8Array<ArrayBuffer> {
  if (tiff.length > MAX_EXIF_BYTES) {
    throw new RangeError(`Cannot write the EXIF data: they have "${tiff.length}" bytes`);
  }
  const block = (format === "JPEG" ? jpegExifSegment : pngExifChunk)(tiff), at = EXIF_AT[format];
  const result = new Uint8Array(bytes.length + block.length);
  result.set(bytes.subarray(0, at));
  result.set(block, at);
  result.set(bytes.subarray(at), at + block.length);
  return result;
}
