/**
 * Precision over recall as a picture (SVG), for reports and pages.
 *
 * @module
 */
import { WIDER_SUBSETS, type WiderSubset } from "./wider_ground_truth.ts";
import { precisionRecall, type WiderCurve } from "./wider_protocol.ts";

// Dark blue, orange, magenta: told apart in every common form of colour blindness (Okabe and Ito).
const COLORS: Readonly<Record<WiderSubset, string>> = {
  easy: "#0072b2",
  medium: "#e69f00",
  hard: "#cc79a7",
};

const SIDE_PX = 400, LEFT_PX = 56, TOP_PX = 16, BOTTOM_PX = 48, LEGEND_PX = 170;
const TICKS = [0, 0.2, 0.4, 0.6, 0.8, 1];

const x = (recall: number) => (LEFT_PX + recall * SIDE_PX).toFixed(1);
const y = (precision: number) => (TOP_PX + (1 - precision) * SIDE_PX).toFixed(1);

function grid(): string[] {
  return TICKS.flatMap((tick) => [
    `<path d="M${x(0)} ${y(tick)}H${x(1)}M${x(tick)} ${y(0)}V${y(1)}" stroke="#ddd"/>`,
    `<text x="${x(0)}" dx="-8" y="${y(tick)}" dy="4" text-anchor="end">${tick}</text>`,
    `<text x="${x(tick)}" y="${y(0)}" dy="18" text-anchor="middle">${tick}</text>`,
  ]);
}

function path(curve: WiderCurve): string {
  const { precision, recall } = precisionRecall(curve);
  const points = Array.from(recall, (value, t) => `${x(value)} ${y(precision[t]!)}`)
    .filter((point, t, all) => curve.proposals[t]! > 0 && point !== all[t - 1]);
  return points.length === 0 ? "" : `M${points.join("L")}`;
}

function legend(name: string, ap: number, color: string, k: number): string {
  const left = LEFT_PX + SIDE_PX + 16, top = TOP_PX + 24 * k + 12;
  const text = `${name} ${Number.isNaN(ap) ? "–" : ap.toFixed(4)}`;
  return `<path d="M${left} ${top}h24" stroke="${color}" stroke-width="3"/>` +
    `<text x="${left + 32}" y="${top}" dy="4">${text}</text>`;
}

/** The curves of easy, medium and hard in one self-contained SVG document. */
export function curvesSvg(curves: Readonly<Record<WiderSubset, WiderCurve>>): string {
  const width = LEFT_PX + SIDE_PX + LEGEND_PX, height = TOP_PX + SIDE_PX + BOTTOM_PX;
  const middle = TOP_PX + SIDE_PX / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" ` +
    `height="${height}" role="img" font-family="system-ui, sans-serif" font-size="13">`,
    "<title>Precision over recall, with average precision</title>",
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...grid(),
    `<text x="${x(0.5)}" y="${height - 8}" text-anchor="middle">recall</text>`,
    `<text transform="translate(14 ${middle}) rotate(-90)" text-anchor="middle">precision</text>`,
    ...WIDER_SUBSETS.flatMap((name, k) => [
      `<path d="${path(curves[name])}" fill="none" stroke="${COLORS[name]}" stroke-width="2"/>`,
      legend(name, curves[name].ap, COLORS[name], k),
    ]),
    "</svg>",
  ].join("\n");
}
