/**
 * Predictions in the text format of WIDER FACE's evaluation tools: one file a photo,
 * `<folder>/<event>/<photo>.txt`.
 *
 *     0_Parade_marchingband_1_465      name of the photo
 *     2                                number of boxes
 *     345.2 211 4.5 4 0.98             x y width height score, one line a box
 *     71 120.5 8 11.25 0.4
 *
 * Numbers are written with all their digits, so what is read back is what was written. (Other writers
 * cut boxes to whole pixels, which costs a little AP.)
 *
 * @module
 */
import { baseName, folderName, joinPath, stem } from "../datasets/paths.ts";
import type { Face } from "../detector/detector.ts";
import type { ReadableStore, Store } from "../files/store.ts";
import type { Predictions } from "./wider_protocol.ts";

/** Where the predictions of a photo lie. */
export function predictionPath(folder: string, id: string): string {
  return joinPath(folder, id.replace(/\.[^./]*$/, ".txt"));
}

/** A detector's answer as predictions. */
export function predictionsOf(faces: readonly Face[]): Predictions {
  return {
    boxes: Float64Array.from(faces.flatMap(({ box }) => [box.x, box.y, box.width, box.height])),
    scores: Float64Array.from(faces, ({ score }) => score),
  };
}

/** The text of a prediction file. */
export function formatPredictions(id: string, { boxes, scores }: Predictions): string {
  const lines = Array.from(
    scores,
    (score, i) => [...boxes.subarray(4 * i, 4 * i + 4), score].join(" "),
  );
  return [stem(id), scores.length, ...lines, ""].join("\n");
}

function fail(path: string, line: number, found: string | undefined, expected: string): never {
  const what = found === undefined ? "the file ends" : `it is "${found}"`;
  throw new SyntaxError(`Cannot read "${path}", line ${line}: ${what}, expected ${expected}`);
}

function parseBox(row: string, path: string, line: number): number[] {
  const values = row.split(/\s+/).map(Number);
  const [, , width, height] = values;
  if (values.length !== 5 || !values.every(Number.isFinite) || width! < 0 || height! < 0) {
    fail(path, line, row, "x y width height score, the sizes not negative");
  }
  return values;
}

/**
 * Reads the text of a prediction file. Boxes may come in any order.
 *
 * Throws a `SyntaxError` that names the line and what was expected there.
 *
 * @param id The photo that the file must be about.
 * @param path What messages call the file.
 */
export function parsePredictions(text: string, id: string, path: string): Predictions {
  const rows = text.split("\n").map((row) => row.trim());
  while (rows.at(-1) === "") rows.pop();
  const [name, count, ...lines] = rows;
  if (name === undefined || ![stem(id), baseName(id)].includes(baseName(name))) {
    fail(path, 1, name, `the name "${stem(id)}"`);
  }
  if (count === undefined || !/^\d+$/.test(count)) fail(path, 2, count, "the number of boxes");
  if (Number(count) !== lines.length) {
    fail(path, 2, count, `the number of the lines that follow, "${lines.length}"`);
  }
  const values = lines.map((row, i) => parseBox(row, path, i + 3));
  return {
    boxes: Float64Array.from(values.flatMap((value) => value.slice(0, 4))),
    scores: Float64Array.from(values, (value) => value[4]!),
  };
}

/** Writes the predictions of one photo, as a whole or not at all. */
export async function writePredictions(
  store: Store,
  folder: string,
  id: string,
  predictions: Predictions,
): Promise<void> {
  const text = formatPredictions(id, predictions);
  await store.write(predictionPath(folder, id), new TextEncoder().encode(text));
}

/**
 * Reads the predictions of those of the photos that have a file.
 *
 * Rejects with a `SyntaxError` that names file and line when one is broken.
 *
 * @returns Predictions by the photo's id, in the order of the ids.
 */
export async function readPredictions(
  store: ReadableStore,
  folder: string,
  ids: readonly string[],
): Promise<Map<string, Predictions>> {
  const listings = new Map<string, Set<string>>();
  const found = new Map<string, Predictions>();
  for (const id of ids) {
    const path = predictionPath(folder, id), parent = folderName(path);
    const names = listings.get(parent) ?? new Set(await store.list(parent));
    listings.set(parent, names);
    if (!names.has(baseName(path))) continue;
    const text = new TextDecoder().decode(await store.read(path));
    found.set(id, parsePredictions(text, id, path));
  }
  return found;
}
