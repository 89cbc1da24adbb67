/**
 * The parts an image file is made of, found by walking its headers; nothing is decoded.
 *
 * Each walk ends quietly where the file does: a part that is cut off is not yielded.
 *
 * Reference: ITU T.81 annex B (JPEG), W3C PNG section 5, Google's WebP container specification.
 *
 * @module
 */

/** Bytes `start … end − 1` of a file are the payload of a part called `type`. */
export interface Part<Type> {
  readonly type: Type;
  readonly start: number;
  readonly end: number;
}

/** JPEG marker: end of image. */
export const JPEG_EOI = 0xd9;
/** JPEG marker: application segment 1, where EXIF lives. */
export const JPEG_APP1 = 0xe1;
/** JPEG marker: application segment 2, where colour profiles live. */
export const JPEG_APP2 = 0xe2;

/** A view for reading multi-byte numbers. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The bytes as text, one character each. */
export function asciiAt(bytes: Uint8Array, start: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(start, start + length));
}

/** Segments of a JPEG file by marker; the last is EOI when the file is whole. */
export function* jpegSegments(bytes: Uint8Array): Generator<Part<number>> {
  const view = viewOf(bytes);
  let at = 2;
  while (true) {
    at = bytes.indexOf(0xff, at);
    if (at < 0) return;
    while (bytes[at] === 0xff) at++; // a marker may be preceded by any number of fill bytes
    const type = bytes[at++];
    if (type === undefined) return;
    // After 0xff: 0x00 is entropy-coded data, the others are markers without a payload.
    if (type === 0 || type === 1 || type >= 0xd0 && type <= 0xd8) continue;
    if (type === JPEG_EOI) return yield { type, start: at, end: at };
    if (at + 2 > bytes.length) return;
    const end = at + Math.max(2, view.getUint16(at));
    if (end > bytes.length) return;
    yield { type, start: at + 2, end };
    at = end; // after SOS the entropy-coded data follow: the search for 0xff passes over them
  }
}

/** Chunks of a PNG file; the last is IEND when the file is whole. */
export function* pngChunks(bytes: Uint8Array): Generator<Part<string>> {
  const view = viewOf(bytes);
  for (let at = 8; at + 12 <= bytes.length;) {
    const start = at + 8, end = start + view.getUint32(at);
    if (end + 4 > bytes.length) return;
    yield { type: asciiAt(bytes, at + 4, 4), start, end };
    at = end + 4;
  }
}

/** Chunks of a WebP (RIFF) file. */
export function* riffChunks(bytes: Uint8Array): Generator<Part<string>> {
  const view = viewOf(bytes);
  for (let at = 12; at + 8 <= bytes.length;) {
    const start = at + 8, end = start + view.getUint32(at + 4, true);
    if (end > bytes.length) return;
    yield { type: asciiAt(bytes, at, 4), start, end };
    at = end + (end - start) % 2;
  }
}
