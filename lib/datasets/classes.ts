/**
 * Which of the classes that annotations name are faces.
 *
 * @module
 */
import { takeBoxes } from "../geometry/boxes.ts";
import type { Annotation } from "./annotation.ts";

/** What of a labelled data set counts as a face. */
export interface ClassFilter {
  /** Only these classes are faces (YOLO: their numbers, as text). Default: every class is. */
  readonly classes?: readonly string[];
}

/** The annotation with its faces only. */
export function onlyFaces<A extends Annotation>(annotation: A, { classes }: ClassFilter): A {
  if (classes === undefined) return annotation;
  const kept = [...annotation.labels.keys()].filter((i) => classes.includes(annotation.labels[i]!));
  return {
    ...annotation,
    boxes: takeBoxes(annotation.boxes, kept),
    ignore: Uint8Array.from(kept, (i) => annotation.ignore[i]!),
    labels: kept.map((i) => annotation.labels[i]!),
  };
}

/** A sentence when several classes are taken as faces and nobody said so; else none. */
export function describeClasses(
  annotations: Iterable<Annotation>,
  { classes }: ClassFilter,
  name: string,
): string[] {
  const found = new Set<string>();
  for (const { labels } of annotations) labels.forEach((label) => found.add(label));
  if (classes !== undefined || found.size < 2) return [];
  const names = [...found].sort().map((label) => `"${label}"`).join(", ");
  return [`"${name}" has ${found.size} classes, all taken as faces: ${names}`];
}
