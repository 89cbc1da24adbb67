/**
 * The result of an audit for people: as text, and as a page that needs nothing but itself.
 *
 * @module
 */
import { type Audit, TINY_PX } from "../../datasets/audit.ts";
import type { Histogram } from "../../datasets/histogram.ts";
import { escapeXml } from "../../datasets/xml.ts";
import { barChart } from "./bar_chart.ts";
import { table } from "../table.ts";

/** An audit, with what each part of the data set has. */
export interface AuditReport extends Audit {
  /** Parts by name; a data set without parts has one, "". */
  readonly parts: readonly {
    readonly name: string;
    readonly photos: number;
    readonly faces: number;
  }[];
}

/** Lists longer than this are cut; `--json` has them whole. */
const MOST_LISTED = 50;

type Row = readonly [name: string, value: string];

function percent(part: number, whole: number): string {
  return whole === 0 ? "–" : `${(100 * part / whole).toFixed(1)} %`;
}

function overview(report: AuditReport): Row[] {
  const { photos, background, faces, ignored, boxes, broken, duplicates, alike, leftovers } =
    report;
  return [
    ...(report.parts.length > 1
      ? report.parts.map((part): Row => [part.name, `${part.photos} photos, ${part.faces} faces`])
      : []),
    ["photos", String(photos)],
    ["photos without a face", String(background)],
    ["faces to find", String(faces)],
    ["faces to ignore", String(ignored)],
    ["photos that cannot be decoded", String(broken.length)],
    ["label files that cannot be read", String(leftovers.broken.length)],
    ["photos without annotation", String(leftovers.photos.length)],
    ["annotations without photo", String(leftovers.annotations.length)],
    ["files that are there more than once", String(duplicates.length)],
    ["pairs of photos that look alike", String(alike.length)],
    ["boxes beyond their photo", String(boxes.outside)],
    ["boxes off their photo", String(boxes.offPhoto)],
    [`boxes with a side under ${TINY_PX} px`, String(boxes.tiny)],
    ["boxes without an area", String(boxes.inverted)],
    ...report.anchorRecall.map(({ model, faces, reached }): Row => [
      `anchors of ${model} reach (IoU ≥ 0.35)`,
      `${reached} of ${faces}, ${percent(reached, faces)}`,
    ]),
  ];
}

/** Names of the bins: "0–4", "4–8", "≥ 8"; counts have bins of one number, too. */
function binNames({ edges }: Histogram, show: (edge: number) => string, isWhole = false): string[] {
  return edges.map((edge, k) => {
    const next = edges[k + 1];
    if (next === undefined) return `≥ ${show(edge)}`;
    if (isWhole) return next - edge === 1 ? show(edge) : `${show(edge)}–${show(next - 1)}`;
    return edge === 0 ? `< ${show(next)}` : `${show(edge)}–${show(next)}`;
  });
}

const asPercent = (part: number) => String(Number((100 * part).toPrecision(2)));

interface Plot {
  readonly title: string;
  readonly names: readonly string[];
  readonly counts: readonly number[];
}

/** Which of the {@linkcode plots} has the sizes that anchors are measured by. */
const RELATIVE_PLOT = 1;

function plots(report: AuditReport): Plot[] {
  const { facesPerPhoto, photoSizes, sizesPx, relativeSizes } = report;
  const plot = (title: string, histogram: Histogram, names: readonly string[]): Plot => ({
    title,
    names,
    counts: histogram.counts,
  });
  return [
    plot("Faces by longer side, px", sizesPx, binNames(sizesPx, String)),
    plot(
      "Faces by longer side, % of the photo's longer side",
      relativeSizes,
      binNames(relativeSizes, asPercent),
    ),
    plot("Photos by number of faces", facesPerPhoto, binNames(facesPerPhoto, String, true)),
    plot("Photos by longer side, px", photoSizes, binNames(photoSizes, String)),
  ];
}

/** Everything that is wrong, by kind, each a list of sentences or paths. */
function findings(report: AuditReport): [title: string, items: string[]][] {
  const { problems, broken, duplicates, alike, leftovers } = report;
  const all: [string, string[]][] = [
    ["What the reader left out or mended", [...problems]],
    ["Photos that cannot be decoded", broken.map(({ path, reason }) => `${path}: ${reason}`)],
    ["Label files that cannot be read", [...leftovers.broken]],
    ["The same file", duplicates.map((paths) => paths.join(" = "))],
    [
      "Photos that look alike (dHash, bits that differ)",
      alike.map(({ first, second, distance }) => `${first} ~ ${second} (${distance})`),
    ],
    ["Photos without annotation", [...leftovers.photos]],
    ["Annotations without photo", [...leftovers.annotations]],
  ];
  return all.filter(([, items]) => items.length > 0);
}

function shorten(items: readonly string[]): string[] {
  const rest = items.length - MOST_LISTED;
  return rest > 0 ? [...items.slice(0, MOST_LISTED), `and ${rest} more, see --json`] : [...items];
}

/** The report for a terminal. */
export function auditText(report: AuditReport): string {
  const histogram = ({ title, names, counts }: Plot) =>
    [title, table(names.map((name, k) => [`  ${name}`, String(counts[k])]))].join("\n");
  const list = ([title, items]: readonly [string, string[]]) =>
    [title, ...shorten(items).map((item) => `  ${item}`)].join("\n");
  return [
    report.name,
    table(overview(report)),
    ...plots(report).map(histogram),
    ...findings(report).map(list),
  ].join("\n\n");
}

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; max-width: 52rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; overflow-wrap: anywhere } h2 { font-size: 1.1rem; margin-top: 2rem }
table { border-collapse: collapse } td { padding: .15rem 1.5rem .15rem 0; border-bottom: 1px solid #ddd }
td + td { text-align: right; font-variant-numeric: tabular-nums }
svg { display: block; width: 100%; margin: 1.5rem 0; font: 11px system-ui, sans-serif }
.bar { fill: #9cc3e6 } .part { fill: #1f6fb2 } .title { font-size: 13px; font-weight: 600 }
.label { fill: #444 } li { overflow-wrap: anywhere } ul { padding-left: 1.2rem; font-size: .9em }
`;

/** The plots; the sizes once more for each model that has anchors, which are about sizes. */
function charts(report: AuditReport): string[] {
  const drawn = plots(report).map(({ title, names, counts }) =>
    barChart({ title, labels: names, values: counts })
  );
  const anchors = report.anchorRecall.map(({ model, reachedBySize }) =>
    barChart({
      title: `The same; dark: an anchor of ${model} overlaps the face with IoU ≥ 0.35`,
      labels: binNames(report.relativeSizes, asPercent),
      values: report.relativeSizes.counts,
      parts: reachedBySize,
    })
  );
  return drawn.toSpliced(RELATIVE_PLOT + 1, 0, ...anchors);
}

/** The report as an HTML page, without anything to load. */
export function auditPage(report: AuditReport): string {
  const row = ([name, value]: Row) =>
    `<tr><td>${escapeXml(name)}</td><td>${escapeXml(value)}</td></tr>`;
  const list = ([title, items]: readonly [string, string[]]) =>
    `<h2>${escapeXml(title)}</h2>\n<ul>${
      shorten(items).map((item) => `<li>${escapeXml(item)}</li>`).join("\n")
    }</ul>`;
  return [
    "<!doctype html>",
    `<html lang="en"><meta charset="utf-8"><title>${escapeXml(report.name)}</title>`,
    `<meta name="viewport" content="width=device-width"><style>${STYLE}</style>`,
    `<h1>${escapeXml(report.name)}</h1>`,
    `<table>${overview(report).map(row).join("\n")}</table>`,
    ...charts(report),
    ...findings(report).map(list),
    "</html>\n",
  ].join("\n");
}
