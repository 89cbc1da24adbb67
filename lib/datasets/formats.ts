/**
 * The annotation formats by name.
 *
 * @module
 */
import { COCO, type CocoSpec } from "./coco.ts";
import type { Format } from "./format.ts";
import { LABELME, type LabelmeSpec } from "./labelme.ts";
import { NEGATIVES, type NegativesSpec } from "./negatives.ts";
import { VOC, type VocSpec } from "./voc.ts";
import { WIDER, type WiderSpec } from "./wider.ts";
import { YOLO, type YoloSpec } from "./yolo.ts";

/** Where a data set lies and in which format. */
export type FormatSpec =
  | WiderSpec
  | LabelmeSpec
  | CocoSpec
  | YoloSpec
  | VocSpec
  | NegativesSpec;

/** Name of a format. */
export type FormatName = FormatSpec["format"];

/** All formats. */
export const FORMATS: {
  readonly [Name in FormatName]: Format<Extract<FormatSpec, { format: Name }>>;
} = {
  wider: WIDER,
  labelme: LABELME,
  coco: COCO,
  yolo: YOLO,
  voc: VOC,
  negatives: NEGATIVES,
};

/** Names of the formats that can be written. */
export const WRITTEN_FORMATS: readonly FormatName[] = (Object.keys(FORMATS) as FormatName[])
  .filter((name) => FORMATS[name].write !== undefined);
