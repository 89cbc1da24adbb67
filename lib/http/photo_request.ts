/**
 * What a request asks for: a photo, how to look at it, and what to answer with.
 *
 * @module
 */
import type { DetectOptions } from "../detector/detector.ts";
import { HttpError } from "./http_error.ts";
import { type BodyLimits, readBody } from "./read_body.ts";

/** What may be answered with, by the name that `output` gives it. */
export const OUTPUTS = {
  json: ["application/json"],
  annotated: ["image/jpeg", "image/png"],
  blurred: ["image/jpeg", "image/png"],
} as const;

/** See {@linkcode OUTPUTS}. */
export type OutputName = keyof typeof OUTPUTS;

/** A media type of an answer. */
export type OutputType = typeof OUTPUTS[OutputName][number];

/** An answer that is wanted. */
export interface Output {
  /** What it shows. */
  readonly name: OutputName;
  /** How it is written. */
  readonly type: OutputType;
}

/** A request, read and checked. */
export interface PhotoRequest {
  /** The photo's file. */
  readonly file: Uint8Array<ArrayBuffer>;
  /** How to look for faces. */
  readonly options: DetectOptions;
  /** What to answer with. */
  readonly output: Output;
}

/** Parameters beside the photo, in the address or the form, by name. */
type Parameters = ReadonlyMap<string, string>;

const FORM = "multipart/form-data";
/** Name of the form's field with the photo. */
const PHOTO_FIELD = "photo";

/** Reads a request. Rejects with an {@linkcode HttpError}: 400, 406, 408, 413, 415. */
export async function readPhotoRequest(
  request: Request,
  limits: BodyLimits,
): Promise<PhotoRequest> {
  const type = mediaType(request);
  const inAddress = new Map(new URL(request.url).searchParams);
  checkParameters(inAddress);
  const asked = outputOf(inAddress, request.headers.get("accept") ?? "*/*");
  const body = await readBody(request, limits);
  if (type !== FORM) return { file: body, options: optionsOf(inAddress), output: asked };

  const { file, fields } = await readForm(body, request);
  const parameters = new Map([...fields, ...inAddress]);
  checkParameters(parameters);
  const output = outputOf(parameters, request.headers.get("accept") ?? "*/*");
  return { file, options: optionsOf(parameters), output };
}

/** The body's type, one that may hold a photo; browsers and curl call unknown files octet-stream. */
function mediaType({ headers }: Request): string {
  const encoding = headers.get("content-encoding") ?? "identity";
  const [type = ""] = (headers.get("content-type") ?? "application/octet-stream").split(";")
    .map((part) => part.trim().toLowerCase());
  const known = type.startsWith("image/") || type === "application/octet-stream" || type === FORM;
  if (encoding !== "identity" || !known) {
    throw new HttpError(
      415,
      "unsupported_type",
      encoding === "identity"
        ? `Cannot read the body: its type is "${type}", not an image and not "${FORM}"`
        : `Cannot read the body: its encoding is "${encoding}"`,
    );
  }
  return type;
}

async function readForm(body: Uint8Array<ArrayBuffer>, { headers }: Request) {
  let form: FormData;
  try {
    const type = { "content-type": headers.get("content-type")! };
    form = await new Response(body, { headers: type }).formData();
  } catch {
    throw new HttpError(400, "bad_form", "Cannot read the form: it is damaged");
  }
  const named = form.get(PHOTO_FIELD);
  if (!(named instanceof Blob) || named.size === 0) {
    throw new HttpError(
      400,
      "no_photo",
      `Cannot read the form: its field "${PHOTO_FIELD}" is empty`,
    );
  }
  const fields = [...form].filter((field): field is [string, string] =>
    typeof field[1] === "string" && field[1] !== ""
  );
  return { file: new Uint8Array(await named.arrayBuffer()), fields };
}

/** How each option of the detector is written, and its largest value; the smallest is 0, or 1 of a count. */
const OPTIONS = {
  threshold: { option: "scoreThreshold", isCount: false, max: 1 },
  nms: { option: "nmsThreshold", isCount: false, max: 1 },
  maxFaces: { option: "maxFaces", isCount: true, max: 1000 },
} as const;

const PARAMETERS = [...Object.keys(OPTIONS), "output"];

function badParameter(name: string, value: string, expected: string): HttpError {
  const message = `Cannot use parameter "${name}": it is "${value}", expected ${expected}`;
  return new HttpError(400, "bad_parameter", message);
}

function checkParameters(parameters: Parameters): void {
  const unknown = [...parameters].find(([name]) => !PARAMETERS.includes(name));
  if (unknown) throw badParameter(...unknown, `one of the parameters ${PARAMETERS.join(", ")}`);
}

function optionsOf(parameters: Parameters): DetectOptions {
  const given = Object.entries(OPTIONS).flatMap(([name, { option, isCount, max }]) => {
    const text = parameters.get(name);
    if (text === undefined) return [];
    const value = text.trim() === "" ? NaN : Number(text);
    const fits = value >= (isCount ? 1 : 0) && value <= max && (!isCount || value % 1 === 0);
    if (fits) return [[option, value] as const];
    throw badParameter(name, text, isCount ? `a whole number from 1 to ${max}` : "0 … 1");
  });
  return Object.fromEntries(given);
}

/** The answer that the client likes best; of equal ones the first of {@linkcode OUTPUTS}. */
function outputOf(parameters: Parameters, accept: string): Output {
  const wanted = parameters.get("output");
  const names = Object.keys(OUTPUTS) as OutputName[];
  if (wanted !== undefined && !names.includes(wanted as OutputName)) {
    throw badParameter("output", wanted, names.join(" or "));
  }
  const offers = names.filter((name) => wanted === undefined || name === wanted)
    .flatMap((name) => OUTPUTS[name].map((type): Output => ({ name, type })));
  const liking = likingOf(accept);
  const best = offers.reduce((a, b) => liking(b.type) > liking(a.type) ? b : a);
  if (liking(best.type) > 0) return best;
  const types = offers.map(({ type }) => type).join(", ");
  throw new HttpError(
    406,
    "not_acceptable",
    `Cannot answer with "${accept}": choose from ${types}`,
  );
}

/** How much an Accept header likes a type, 0 … 1; the most specific range counts (RFC 9110, 12.5.1). */
function likingOf(accept: string): (type: string) => number {
  const ranges = accept.split(",").map((text) => {
    const [range = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
    const quality = parameters.find((part) => part.startsWith("q="))?.slice(2);
    return { range, quality: quality === undefined ? 1 : Number(quality) || 0 };
  });
  return (type) => {
    const wider = [type, `${type.split("/")[0]}/*`, "*/*"];
    for (const range of wider) {
      const found = ranges.find((item) => item.range === range);
      if (found) return found.quality;
    }
    return 0;
  };
}
