/**
 * Data sets by description: the plain data of a config file in, samples out.
 *
 * @module
 */
import type { ReadableStore } from "../files/store.ts";
import { boxCount } from "../geometry/boxes.ts";
import { Random } from "../numbers/random.ts";
import type { Format } from "./format.ts";
import { FORMATS, type FormatSpec } from "./formats.ts";
import type { Dataset, Leftovers, Sample } from "./sample.ts";

/** What of a data set is used. */
export interface DatasetFilter {
  /** Photos with more faces are left out, and reported. Default `null`: all stay. */
  readonly maxFacesPerImage?: number | null;
  /**
   * Only the photos of some of `of` equal parts, numbered from 0; which part a photo falls into
   * depends on its id alone. Splits a data set in two without touching its files.
   */
  readonly parts?: { readonly of: number; readonly take: readonly number[] };
}

/** Where a data set lies and in which form, as config files state it. */
export type DatasetSpec = FormatSpec & DatasetFilter;

function formatOf(spec: DatasetSpec): Format {
  if (!Object.hasOwn(FORMATS, spec.format)) {
    throw new RangeError(
      `Cannot load the data set: format is "${spec.format}", expected one of "${
        Object.keys(FORMATS).join('", "')
      }"`,
    );
  }
  const format: Format = FORMATS[spec.format];
  for (const path of format.paths) {
    const value = (spec as unknown as Record<string, unknown>)[path];
    if (typeof value !== "string" || value === "") {
      throw new TypeError(
        `Cannot load the data set: ${path} is "${value}", format "${spec.format}" wants a path`,
      );
    }
  }
  return format;
}

function takeParts(dataset: Dataset, { of, take }: NonNullable<DatasetFilter["parts"]>): Dataset {
  if (!Number.isInteger(of) || !take.every((part) => Number.isInteger(part) && part < of)) {
    throw new RangeError(`Cannot split "${dataset.name}": parts "${take}" of "${of}" do not exist`);
  }
  const partOf = ({ id }: Sample) => new Random(["part", id]).integer(of);
  const samples = dataset.samples.filter((sample) => take.includes(partOf(sample)));
  return { ...dataset, samples };
}

function limitFaces(dataset: Dataset, maxFaces: number): Dataset {
  const samples = dataset.samples.filter((sample) => boxCount(sample.boxes) <= maxFaces);
  const dropped = dataset.samples.length - samples.length;
  if (dropped === 0) return dataset;
  const problem = `${dropped} images of "${dataset.name}" have more than ${maxFaces} faces ` +
    "and are left out";
  return { ...dataset, samples, problems: [...dataset.problems, problem] };
}

/**
 * Loads a data set.
 *
 * Throws a `RangeError` for an unknown format, a `TypeError` for a missing path, a `SyntaxError` for a
 * broken annotation, an `Error` when nothing usable is found.
 */
export async function loadDataset(store: ReadableStore, spec: DatasetSpec): Promise<Dataset> {
  const whole = await formatOf(spec).load(store, spec as never);
  const dataset = spec.parts ? takeParts(whole, spec.parts) : whole;
  return limitFaces(dataset, spec.maxFacesPerImage ?? Infinity);
}

/**
 * Puts data sets one after the other. An id that an earlier set has already used gets the number of
 * its set in front (`"1:0001.jpg"`), so that ids stay unique.
 */
export function concat(datasets: readonly Dataset[]): Dataset {
  const ids = new Set<string>(), samples: Sample[] = [];
  for (const [k, dataset] of datasets.entries()) {
    for (const sample of dataset.samples) {
      const id = ids.has(sample.id) ? `${k}:${sample.id}` : sample.id;
      ids.add(id);
      samples.push({ ...sample, id });
    }
  }
  const leftovers = (kind: keyof Leftovers) =>
    datasets.flatMap((dataset) => dataset.leftovers?.[kind] ?? []);
  return {
    name: datasets.map((dataset) => dataset.name).join(" + "),
    samples,
    problems: datasets.flatMap((dataset) => dataset.problems),
    leftovers: {
      photos: leftovers("photos"),
      annotations: leftovers("annotations"),
      broken: leftovers("broken"),
    },
  };
}
