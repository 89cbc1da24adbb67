/**
 * `detect --anonymize`: copies of photos whose faces cannot be recognised.
 *
 * @module
 */
import { cleanExif } from "../../codec/clean_exif.ts";
import { encoderFor } from "../../codec/encode.ts";
import { type ExifFormat, exifOf, withExif } from "../../codec/exif.ts";
import { jpegQuality } from "../../codec/jpeg_quality.ts";
import { type ImageFormat, sniffFormat } from "../../codec/sniff.ts";
import type { DetectOptions, Face } from "../../detector/detector.ts";
import {
  ANONYMIZE_DEFAULTS,
  ANONYMIZE_METHODS,
  type AnonymizeMethod,
  type AnonymizeOptions,
  hideFaces,
  MAX_SAMPLES,
} from "../../image/anonymize.ts";
import { COVER_SHAPES } from "../../image/cover.ts";
import type { Image, Size } from "../../image/image.ts";
import { ANONYMIZE_THRESHOLDS } from "../../models/anonymize_thresholds.ts";
import type { ModelName } from "../../models/registry.ts";
import type { OptionTable, Values } from "../args.ts";
import { CliError, EXIT } from "../exit_codes.ts";

const { shape, margin, samples } = ANONYMIZE_DEFAULTS;

/** The options of `detect` that are about it. */
export const ANONYMIZE_FLAGS = {
  anonymize: {
    type: "string",
    choices: ANONYMIZE_METHODS as readonly AnonymizeMethod[],
    help: "Hide the faces on the copies instead of drawing boxes, see docs/anonymize.md",
  },
  shape: {
    type: "string",
    choices: COVER_SHAPES,
    help: `What is hidden of a face [default: ${shape}]`,
  },
  margin: {
    type: "number",
    min: 0,
    max: 10,
    placeholder: "sides",
    help: `Hide so many face widths and heights more on each side [default: ${margin}]`,
  },
  samples: {
    type: "number",
    min: 1,
    max: MAX_SAMPLES,
    help: `Spots or blocks left along a face, with blur and pixelate [default: ${samples}]`,
  },
  keepMetadata: {
    type: "boolean",
    default: false,
    help: "Keep date, place and camera (EXIF of JPEG and PNG) with --anonymize, no thumbnail",
  },
} as const satisfies OptionTable;

/** The values of all options that bear upon it. */
export type AnonymizeFlags =
  & Values<typeof ANONYMIZE_FLAGS>
  & { readonly threshold: number | undefined; readonly maxDetections: number | undefined };

/** What is asked for. Plain data. */
export interface AnonymizeSettings {
  /** How faces are hidden. */
  readonly cover: AnonymizeOptions & { readonly method: AnonymizeMethod };
  /** Whether EXIF data stay. */
  readonly keepsMetadata: boolean;
  /** What the user said about which faces count. */
  readonly detect: Pick<DetectOptions, "scoreThreshold" | "maxFaces">;
}

function given<Fields extends object>(fields: Fields) {
  type Given = { [K in keyof Fields]?: Exclude<Fields[K], undefined> };
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Given;
}

/**
 * What the flags ask for; `undefined` when faces are not to be hidden.
 *
 * Throws a usage {@linkcode CliError} when flags of this are given without `--anonymize`.
 */
export function anonymizeSettings(flags: AnonymizeFlags): AnonymizeSettings | undefined {
  const { anonymize: method, shape, margin, samples, keepMetadata, threshold } = flags;
  if (method !== undefined) {
    return {
      cover: { method, ...given({ shape, margin, samples }) },
      keepsMetadata: keepMetadata,
      detect: given({ scoreThreshold: threshold, maxFaces: flags.maxDetections }),
    };
  }
  const alone = Object.entries({
    shape,
    margin,
    samples,
    "keep-metadata": keepMetadata || undefined,
  })
    .find(([, value]) => value !== undefined)?.[0];
  if (alone === undefined) return undefined;
  throw new CliError(EXIT.usage, `Cannot use --${alone}: --anonymize is missing`);
}

/** More faces than any photo has: a limit would leave the last ones visible. */
const NO_LIMIT = 1_000_000;

/** What a detector is asked for when faces are to be hidden: rather too many than one too few. */
export function hidingOptions({ detect }: AnonymizeSettings, model: string): DetectOptions {
  const scoreThreshold = ANONYMIZE_THRESHOLDS[model as ModelName];
  return { scoreThreshold, maxFaces: NO_LIMIT, ...detect };
}

/** How names of copies end whose photo is of a format that cannot be written. */
const ENDINGS: Readonly<Record<string, string>> = { gif: ".png", bmp: ".png" };

/** How the name of a photo's copy ends: as the photo's, if that can be written. */
export function anonymizedEnding({ path }: { readonly path: string }): string {
  const ending = /\.(\w+)$/.exec(path);
  if (ending !== null && encoderFor(path) !== undefined) return ending[0];
  return ENDINGS[ending?.[1]?.toLowerCase() ?? ""] ?? ".jpg";
}

function isWithExif(format: ImageFormat | undefined): format is ExifFormat {
  return format === "JPEG" || format === "PNG";
}

/** The copy with the photo's EXIF data, as far as they may stay, and what there is to say about it. */
function keepExif(
  copy: Uint8Array<ArrayBuffer>,
  photo: Uint8Array,
  size: Size,
): { file: Uint8Array<ArrayBuffer>; note?: string } {
  const from = sniffFormat(photo), to = sniffFormat(copy);
  if (!isWithExif(from) || !isWithExif(to)) {
    return { file: copy, note: `metadata are kept of JPEG and PNG only, not of ${from}` };
  }
  const exif = exifOf(photo, from);
  if (exif === undefined) return { file: copy };
  const cleaned = cleanExif(exif, size);
  if (cleaned === undefined) return { file: copy, note: "the metadata are damaged and not kept" };
  return { file: withExif(copy, to, cleaned) };
}

/** An anonymous copy as a file. */
export interface AnonymousCopy {
  /** The file. */
  readonly file: Uint8Array<ArrayBuffer>;
  /** What is different about it that its user would not expect. */
  readonly note?: string | undefined;
}

/**
 * The copy of a photo whose faces are hidden. It is written anew from pixels, so nothing else of the
 * photo's file is in it: no EXIF data, thumbnail, comment, profile, second picture or film.
 *
 * @param photo The photo's file; tells the quality of a JPEG, and holds the EXIF data.
 * @param image Its upright pixels, in which the faces are hidden.
 * @param output The copy's name, which tells its format.
 */
export function anonymousCopy(
  photo: Uint8Array,
  { image, faces, output }: { image: Image; faces: readonly Face[]; output: string },
  { cover, keepsMetadata }: AnonymizeSettings,
): AnonymousCopy {
  hideFaces(image, faces, cover);
  const from = sniffFormat(photo);
  const quality = from === "JPEG" ? jpegQuality(photo) : undefined;
  const copy = encoderFor(output)!(image, quality), to = sniffFormat(copy);
  const { file, note } = keepsMetadata
    ? keepExif(copy, photo, image)
    : { file: copy, note: undefined };
  const conversion = from === to ? undefined : `${from} photo, ${to} copy`;
  const notes = [conversion, note].filter((text) => text !== undefined);
  return { file, note: notes.length === 0 ? undefined : notes.join("; ") };
}
