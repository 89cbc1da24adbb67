/**
 * Image files → pixels, by the decoder that Deno and browsers have built in (`createImageBitmap`):
 * no dependency, no permission. What it is lenient about is checked here first: files that are cut
 * off, and small files that unpack to enormous images.
 *
 * @module
 */
import type { Image, Size } from "../image/image.ts";
import { onWhite } from "../image/on_white.ts";
import { turnUpright } from "../image/turn.ts";
import { bitmapPixels } from "./bitmap_pixels.ts";
import { JPEG_EOI, jpegSegments, pngChunks, viewOf } from "./containers.ts";
import { withoutExif } from "./exif.ts";
import { decodeJpegAlone } from "./jpeg_alone.ts";
import { orientationOf } from "./orientation.ts";
import { readPng } from "./png_pixels.ts";
import { type ImageFormat, sniffForeignFormat, sniffFormat, sniffSize } from "./sniff.ts";

/** Why an image could not be decoded; see {@linkcode ImageDecodeError}. */
export type ImageDecodeErrorCode =
  | "not_an_image"
  | "unsupported"
  | "truncated"
  | "too_large"
  | "corrupt";

/** An image file that cannot be decoded. The message is one sentence that names the reason. */
export class ImageDecodeError extends Error {
  /** The class's name. */
  override readonly name = "ImageDecodeError";
  /** The reason, for programs. */
  readonly code: ImageDecodeErrorCode;

  /**
   * For the library's own use.
   *
   * @param code The reason, for programs.
   * @param reason The reason as a clause: "it is empty".
   * @param options The error beneath, if any.
   */
  constructor(code: ImageDecodeErrorCode, reason: string, options?: ErrorOptions) {
    super(`Cannot decode the image: ${reason}`, options);
    this.code = code;
  }
}

/** How {@linkcode decodeImage} decodes. */
export interface DecodeOptions {
  /**
   * `"upright"`: turned as the EXIF orientation says (JPEG, PNG, WebP), the way people see the
   * photo.
   * `"stored"`: as the pixels are stored, which is what data set annotations refer to.
   *
   * @default {"upright"}
   */
  readonly orientation?: "upright" | "stored";
  /**
   * Images of more pixels are refused, before anything is unpacked.
   *
   * @default {128_000_000}
   */
  readonly maxPixels?: number;
}

const FORMATS = "JPEG, PNG, GIF, WebP or BMP";

/** Whether a file goes on to its last byte. The native decoder tells this of GIF and BMP itself. */
const IS_WHOLE: Partial<Record<ImageFormat, (bytes: Uint8Array) => boolean>> = {
  JPEG: (bytes) => [...jpegSegments(bytes)].some((segment) => segment.type === JPEG_EOI),
  PNG: (bytes) => [...pngChunks(bytes)].some((chunk) => chunk.type === "IEND"),
  WebP: (bytes) => bytes.length >= 12 && viewOf(bytes).getUint32(4, true) + 8 <= bytes.length,
};

function formatOf(bytes: Uint8Array): ImageFormat {
  const format = sniffFormat(bytes);
  if (format !== undefined) return format;
  if (bytes.length === 0) throw new ImageDecodeError("not_an_image", "it is empty");
  const foreign = sniffForeignFormat(bytes);
  throw foreign === undefined
    ? new ImageDecodeError("not_an_image", `it is not a ${FORMATS} file`)
    : new ImageDecodeError("unsupported", `its format is ${foreign}, not ${FORMATS}`);
}

function checkSize(size: Size, maxPixels: number): void {
  const { width, height } = size;
  if (width < 1 || height < 1) {
    throw new ImageDecodeError("corrupt", `its header gives the size "${width}x${height}"`);
  }
  if (width * height > maxPixels) {
    throw new ImageDecodeError(
      "too_large",
      `its size is "${width}x${height}", more than the limit of "${maxPixels}" pixels`,
    );
  }
}

/** Throws an `ImageDecodeError` unless the file is a whole one of a known format and a bearable size. */
export function checkFile(
  bytes: Uint8Array,
  { maxPixels = 128_000_000 }: DecodeOptions,
): ImageFormat {
  const format = formatOf(bytes);
  const size = sniffSize(bytes, format);
  if (size !== undefined) checkSize(size, maxPixels);
  if (size === undefined || IS_WHOLE[format]?.(bytes) === false) {
    throw new ImageDecodeError("truncated", `the ${format} file is cut off before its end`);
  }
  return format;
}

/** Whether a PNG file is of those that `readPng` reads. */
function isPlainPng(png: Uint8Array): boolean {
  const [depth, colour, , , interlace] = png.subarray(24, 29);
  return depth! >= 8 && colour !== 3 && interlace === 0;
}

/**
 * Whether a file is better read here even where the runtime could: of 16-bit samples it makes a
 * bitmap of twice the size, and a second PNG file on the way to the pixels.
 */
function isPlainDeepPng(file: Uint8Array, format: ImageFormat): boolean {
  return format === "PNG" && file[24] === 16 && isPlainPng(file) &&
    !pngChunks(file).some(({ type }) => type === "iCCP" || type === "tRNS");
}

/** Decodes a file that has been looked over, without the runtime's help: JPEG in bundles, most PNG. */
async function decodeAlone(file: Uint8Array<ArrayBuffer>, format: ImageFormat): Promise<Image> {
  if (format === "JPEG" && decodeJpegAlone !== undefined) return decodeJpegAlone(file);
  const reason = "this runtime has no image decoder (createImageBitmap); give the pixels instead";
  if (format !== "PNG" || typeof DecompressionStream !== "function") {
    throw new ImageDecodeError("unsupported", reason);
  }
  if (!isPlainPng(file)) {
    const kind = "PNG files with a palette, less than 8 bits or interlacing are beyond it";
    throw new ImageDecodeError("unsupported", `${kind}, and ${reason}`);
  }
  return await readPng(file);
}

/**
 * Decodes an image file: JPEG (baseline, progressive, gray, CMYK), PNG (all kinds), GIF (its first
 * frame), WebP or BMP.
 *
 * Colours come as sRGB (embedded profiles are applied) and transparent pixels are laid on white.
 * Works where `createImageBitmap` and `OffscreenCanvas` exist: Deno and browsers. Elsewhere (Node.js,
 * Bun, Workers) the bundles read JPEG, and PNG files without palette and interlacing. Needs no
 * permission.
 *
 * @param bytes The file.
 * @returns RGB pixels; the caller may keep or change them.
 *
 * Rejects with an {@linkcode ImageDecodeError} when the bytes are no such file, are cut off or
 * damaged, or hold too many pixels.
 */
export async function decodeImage(
  bytes: Uint8Array<ArrayBuffer>,
  options: DecodeOptions = {},
): Promise<Image> {
  const format = checkFile(bytes, options);
  const isUpright = options.orientation !== "stored";
  // Runtimes turn JPEG and WebP; of PNG some do and some do not, so none of them gets to know.
  const file = isUpright && format !== "PNG" ? bytes : withoutExif(bytes, format);
  const isNative = typeof createImageBitmap === "function" && typeof OffscreenCanvas === "function";
  try {
    const image = onWhite(
      isNative && !isPlainDeepPng(file, format)
        ? await bitmapPixels(await createImageBitmap(new Blob([file])))
        : await decodeAlone(file, format),
    );
    return isUpright && format === "PNG" ? turnUpright(image, orientationOf(bytes, format)) : image;
  } catch (cause) {
    if (cause instanceof ImageDecodeError) throw cause;
    const reason = `the ${format} file is damaged or cut off`;
    throw new ImageDecodeError("corrupt", reason, { cause });
  }
}
