/**
 * A WIDER FACE evaluation as one HTML page that needs no other file.
 *
 * @module
 */
import { curvesSvg } from "./curves_svg.ts";
import { FIGURE_COLORS } from "./mistake_figure.ts";
import type { WiderEvaluation } from "./wider_evaluation.ts";
import { WIDER_SUBSETS } from "./wider_ground_truth.ts";

/** A picture in the report. */
export interface ReportFigure {
  /** A JPEG file. */
  readonly jpeg: Uint8Array;
  /** The photo it comes from. */
  readonly id: string;
  /** One phrase. */
  readonly caption: string;
}

/** What the report shows. */
export interface WiderReport {
  /** What was measured, line by line: name and value. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** The results. */
  readonly evaluation: WiderEvaluation;
  /** Pictures by section title; a section without any is left out. */
  readonly figures: Readonly<Record<string, readonly ReportFigure[]>>;
  /** What to know when reading it, one sentence each. */
  readonly notes: readonly string[];
}

const rgb = (color: readonly number[]) => `rgb(${color.join(" ")})`;

const STYLE = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { padding: .2rem .8rem; text-align: left; border-bottom: 1px solid #8884; }
.n { text-align: right; font-variant-numeric: tabular-nums; }
svg { max-width: 100%; height: auto; }
.figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); gap: 1rem; }
figure { margin: 0; }
figure img { width: 100%; height: auto; display: block; }
figcaption { font-size: .85rem; overflow-wrap: anywhere; }
.mistake { color: ${rgb(FIGURE_COLORS.mistake)}; }
.detection { color: ${rgb(FIGURE_COLORS.detections)}; }
.face { color: ${rgb(FIGURE_COLORS.faces)}; }
`;

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (letter) => ESCAPES[letter]!);
}

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  // Columns of numbers stand to the right.
  const isNumber = (text: string) => /^([\d.]+|–)$/.test(text);
  const attributes = rows[0]!.map((_, k) =>
    rows.every((row) => isNumber(row[k]!)) ? ' class="n"' : ""
  );
  const line = (tag: string, cells: readonly string[]) =>
    `<tr>${
      cells.map((text, k) => `<${tag}${attributes[k]}>${escape(text)}</${tag}>`).join("")
    }</tr>`;
  const lines = rows.map((row) => line("td", row));
  if (head.length > 0) lines.unshift(line("th", head));
  return `<table>\n${lines.join("\n")}\n</table>`;
}

function apText(ap: number): string {
  return Number.isNaN(ap) ? "–" : ap.toFixed(4);
}

function figureHtml({ jpeg, id, caption }: ReportFigure): string {
  const text = escape(`${id}: ${caption}`);
  return `<figure><img alt="${text}" src="data:image/jpeg;base64,${jpeg.toBase64()}">` +
    `<figcaption>${text}</figcaption></figure>`;
}

function figureSections(figures: WiderReport["figures"]): string[] {
  const sections = Object.entries(figures).filter(([, list]) => list.length > 0);
  if (sections.length === 0) return [];
  return [
    `<p>In the pictures: <b class="mistake">the mistake</b>, ` +
    `<b class="detection">detections</b>, <b class="face">true faces</b>.</p>`,
    ...sections.map(([title, list]) =>
      `<h2>${escape(title)}</h2>\n<div class="figures">${list.map(figureHtml).join("\n")}</div>`
    ),
  ];
}

/** The page as text. */
export function widerReportHtml({ facts, evaluation, figures, notes }: WiderReport): string {
  const { subsets, slices } = evaluation;
  const official = WIDER_SUBSETS.map((name) => {
    const { faces, ap } = subsets[name];
    return [name, String(faces), apText(ap)];
  });
  return [
    '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>WIDER FACE evaluation</title>\n<style>${STYLE}</style>\n</head>\n<body>`,
    "<h1>WIDER FACE evaluation</h1>",
    tableOf([], facts),
    ...notes.map((note) => `<p>${escape(note)}</p>`),
    "<h2>Average precision</h2>",
    tableOf(["faces", "number", "AP"], official),
    curvesSvg(subsets),
    "<h2>By kind of face</h2>",
    "<p>Faces outside a row are ignored; false alarms count against every row, so rows with few " +
    "faces score low. Compare a row with itself, between detectors.</p>",
    tableOf(
      ["by", "faces", "number", "AP"],
      slices.map(({ group, name, faces, ap }) => [group, name, String(faces), apText(ap)]),
    ),
    ...figureSections(figures),
    "</body>\n</html>\n",
  ].join("\n");
}
