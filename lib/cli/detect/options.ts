/**
 * The command line of `detect`.
 *
 * @module
 */
import { DETECTOR_DEVICES } from "../../detector/runner.ts";
import { DEFAULT_MODEL, MODEL_NAMES } from "../../models/registry.ts";
import type { Command } from "../args.ts";
import { ANONYMIZE_FLAGS } from "./anonymize.ts";

/** The command line of `detect`. */
export const DETECT = {
  name: "deno task detect",
  usage: "[options] <photo or folder>…",
  summary: "Finds the faces in photos (JPEG, PNG, GIF, WebP, BMP).",
  examples: [
    ["deno task detect photo.jpg", "Draw the faces on a copy, output/photo.faces.jpg"],
    ["deno task detect photo.jpg --output faces.png", "Say where the copy goes"],
    ["deno task detect --jsonl holidays/ > faces.jsonl", "A folder as data, one line a photo"],
    ["deno task detect holidays/ --anonymize blur", "Copies whose faces cannot be recognised"],
    ["cat photo.jpg | deno task detect --json -", "A photo from standard input"],
  ],
  options: {
    image: {
      type: "string",
      multiple: true,
      placeholder: "file",
      help: "Photo or folder, like one without the flag; - is standard input",
    },
    output: {
      type: "string",
      alias: "o",
      placeholder: "path",
      help:
        "Copies: a .jpg or .png file, or a folder [default: output/, none drawn with --json(l)]",
    },
    json: { type: "boolean", help: "Print the faces as one JSON document", default: false },
    jsonl: { type: "boolean", help: "Print the faces as JSON, one line a photo", default: false },
    threshold: {
      type: "number",
      min: 0,
      max: 1,
      help: "Leave out faces scored below this [default: 0.5, less with --anonymize]",
    },
    nms: {
      type: "number",
      min: 0,
      max: 1,
      placeholder: "iou",
      help: "Of boxes that overlap more than this keep the best one [default: 0.45]",
    },
    maxDetections: { type: "number", min: 1, integer: true, help: "At most so many faces a photo" },
    maxSide: {
      type: "number",
      min: 1,
      integer: true,
      placeholder: "px",
      help: "Shrink photos to this long side before detection; never enlarges",
    },
    model: { type: "string", choices: MODEL_NAMES, help: `Detector [default: ${DEFAULT_MODEL}]` },
    weights: { type: "string", placeholder: "file", help: "Trained weights instead of its own" },
    device: {
      type: "string",
      choices: ["auto", ...DETECTOR_DEVICES],
      default: "auto",
      help: "Where to compute",
    },
    ...ANONYMIZE_FLAGS,
    labels: { type: "boolean", default: true, help: "Draw boxes without scores and time" },
  },
} as const satisfies Command;
