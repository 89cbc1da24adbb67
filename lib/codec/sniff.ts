/**
 * What an image file claims to be, read off its first bytes without decoding anything.
 *
 * @module
 */
import type { Size } from "../image/image.ts";
import { asciiAt, jpegSegments, viewOf } from "./containers.ts";

/** The formats that can be decoded. */
export type ImageFormat = "JPEG" | "PNG" | "GIF" | "WebP" | "BMP";

/** JPEG frame headers SOF0 … SOF15 hold the size; C4, C8 and CC in between mean other things. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

function jpegSize(bytes: Uint8Array): Size | undefined {
  const frame = [...jpegSegments(bytes)].find((segment) => isFrameHeader(segment.type));
  if (frame === undefined) return undefined;
  const view = viewOf(bytes);
  return { height: view.getUint16(frame.start + 1), width: view.getUint16(frame.start + 3) };
}

function pngSize(bytes: Uint8Array): Size {
  const view = viewOf(bytes);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

function gifSize(bytes: Uint8Array): Size {
  const view = viewOf(bytes);
  return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
}

/** The three kinds of WebP keep the size in three ways. */
const WEBP_SIZES: Readonly<Record<string, (view: DataView) => Size>> = {
  "VP8 ": (view) => ({
    width: view.getUint16(26, true) & 0x3fff,
    height: view.getUint16(28, true) & 0x3fff,
  }),
  "VP8L": (view) => ({
    width: (view.getUint32(21, true) & 0x3fff) + 1,
    height: (view.getUint32(21, true) >>> 14 & 0x3fff) + 1,
  }),
  "VP8X": (view) => ({
    width: (view.getUint32(24, true) & 0xffffff) + 1,
    height: (view.getUint32(26, true) >>> 8) + 1,
  }),
};

function webpSize(bytes: Uint8Array): Size | undefined {
  return WEBP_SIZES[asciiAt(bytes, 12, 4)]?.(viewOf(bytes));
}

function bmpSize(bytes: Uint8Array): Size {
  const view = viewOf(bytes);
  // The oldest header (12 bytes, OS/2) has 16-bit sides; a negative height means rows from the top.
  if (view.getUint32(14, true) === 12) {
    return { width: view.getUint16(18, true), height: view.getUint16(20, true) };
  }
  return { width: view.getInt32(18, true), height: Math.abs(view.getInt32(22, true)) };
}

const SIZES: Readonly<Record<ImageFormat, (bytes: Uint8Array) => Size | undefined>> = {
  JPEG: jpegSize,
  PNG: pngSize,
  GIF: gifSize,
  WebP: webpSize,
  BMP: bmpSize,
};

/** First bytes of each format; `.` stands for any byte. */
const SIGNATURES: readonly (readonly [ImageFormat, string])[] = [
  ["JPEG", "\xff\xd8\xff"],
  ["PNG", "\x89PNG\r\n\x1a\n"],
  ["GIF", "GIF8"],
  ["WebP", "RIFF....WEBP"],
  ["BMP", "BM"],
];

/** Formats that people meet and that cannot be decoded, so that they can be named. */
const FOREIGN_SIGNATURES: readonly (readonly [string, string])[] = [
  ["HEIC", "....ftypheic"],
  ["HEIC", "....ftypheix"],
  ["HEIC", "....ftypmif1"],
  ["AVIF", "....ftypavif"],
  ["TIFF", "II*\0"],
  ["TIFF", "MM\0*"],
  ["JPEG XL", "\xff\x0a"],
  ["JPEG XL", "\0\0\0\x0cJXL "],
  ["JPEG 2000", "\0\0\0\x0cjP  "],
  ["Photoshop", "8BPS"],
  ["PDF", "%PDF"],
  ["SVG", "<svg"],
];

function matches(bytes: Uint8Array, signature: string): boolean {
  const head = asciiAt(bytes, 0, signature.length);
  return head.length === signature.length &&
    [...signature].every((char, i) => char === "." || char === head[i]);
}

function findFormat<Name>(
  bytes: Uint8Array,
  signatures: readonly (readonly [Name, string])[],
): Name | undefined {
  return signatures.find(([, signature]) => matches(bytes, signature))?.[0];
}

/** The format of a file that can be decoded, else `undefined`. */
export function sniffFormat(bytes: Uint8Array): ImageFormat | undefined {
  return findFormat(bytes, SIGNATURES);
}

/** The name of a well-known format that cannot be decoded, else `undefined`. */
export function sniffForeignFormat(bytes: Uint8Array): string | undefined {
  return findFormat(bytes, FOREIGN_SIGNATURES);
}

/**
 * The size that the header of a file of this format states, in stored (not upright) orientation;
 * `undefined` when the file ends before that.
 */
export function sniffSize(bytes: Uint8Array, format: ImageFormat): Size | undefined {
  try {
    return SIZES[format](bytes);
  } catch (error) {
    if (error instanceof RangeError) return undefined; // a read past the end of the file
    throw error;
  }
}
