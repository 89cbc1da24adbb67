/**
 * What `detect` says about each photo, as text and as JSON.
 *
 * @module
 */
import type { Face } from "../../detector/detector.ts";
import type { AnonymizeMethod } from "../../image/anonymize.ts";
import { round, roundFace } from "../../detector/round_face.ts";
import type { PhotoId } from "./photos.ts";

/** Milliseconds by stage. */
export type StageTimes = Record<string, number>;

/** A photo that went well; the JSON of `--json` and `--jsonl`. */
export interface PhotoResult {
  /** The job's id, where there is one. */
  readonly id?: PhotoId;
  /** The photo's path or address. */
  readonly image: string;
  /** Width of the upright photo, in pixels. */
  readonly width: number;
  /** Height of the upright photo, in pixels. */
  readonly height: number;
  /** Its faces; boxes in pixels of the upright photo. */
  readonly faces: readonly Face[];
  /** How long each stage took. */
  readonly ms: StageTimes;
  /** Name of the model that found them. */
  readonly model: string;
  /** How they are hidden on the copy; absent when they are not. */
  readonly anonymized?: AnonymizeMethod;
  /** What is different about the copy that its user would not expect. */
  readonly note?: string;
}

/** A photo that failed; the JSON of `--json` and `--jsonl`. */
export interface PhotoFailure {
  /** The job's id, where there is one. */
  readonly id?: PhotoId;
  /** The photo's path or address. */
  readonly image: string;
  /** What is wrong: a word for programs and a sentence for people. */
  readonly error: { readonly code: string; readonly message: string };
}

/** What there is to say about a photo. */
export type PhotoReport = PhotoResult | PhotoFailure;

/** Tells the user about photos, one after another. */
export interface Reporter {
  /** A photo is done; `output` is the file that was drawn, if any. */
  photo(report: PhotoReport, output: string | undefined): Promise<void>;
  /** All photos are done. */
  end(): Promise<void>;
}

function roundReport(report: PhotoReport): PhotoReport {
  if ("error" in report) return report;
  const ms = Object.fromEntries(Object.entries(report.ms).map(([k, v]) => [k, round(v, 1)]));
  return { ...report, faces: report.faces.map(roundFace), ms };
}

/** The answer as one line of JSON. */
export function jsonLine(report: PhotoReport): string {
  return JSON.stringify(roundReport(report));
}

function textLine(result: PhotoResult, output: string | undefined): string {
  const count = `${result.faces.length} ${result.faces.length === 1 ? "face" : "faces"}`;
  const stages = Object.entries(result.ms).map(([stage, ms]) => `${stage} ${ms.toFixed(0)} ms`);
  const made = result.anonymized === undefined ? "drawn on" : "hidden on";
  const copy = output === undefined ? "" : `, ${made} ${output}`;
  const note = result.note === undefined ? "" : `; ${result.note}`;
  return `${result.image}: ${count}${copy} (${stages.join(", ")})${note}`;
}

/** Writes a line to standard output; done when it is written. */
export type Print = (line: string) => Promise<void>;

/** The ways of reporting by name. Failures are text on stderr, which is not the reporter's. */
export const REPORTERS = {
  text: (print: Print): Reporter => ({
    photo: async (report, output) => {
      if (!("error" in report)) await print(textLine(report, output));
    },
    end: () => Promise.resolve(),
  }),
  jsonl: (print: Print): Reporter => ({
    photo: (report) => print(jsonLine(report)),
    end: () => Promise.resolve(),
  }),
  json: (print: Print): Reporter => {
    const reports: PhotoReport[] = [];
    return {
      photo: (report) => {
        reports.push(roundReport(report));
        return Promise.resolve();
      },
      end: () => print(JSON.stringify(reports, null, 2)),
    };
  },
} as const;
