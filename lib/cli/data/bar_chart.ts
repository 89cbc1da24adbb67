/**
 * Bar charts as SVG.
 *
 * @module
 */
import { escapeXml } from "../../datasets/xml.ts";

/** What {@linkcode barChart} shows. */
export interface BarChart {
  /** What the bars count. */
  readonly title: string;
  /** A text under each bar. */
  readonly labels: readonly string[];
  /** Height of each bar. */
  readonly values: readonly number[];
  /** A darker part of each bar, from the ground up. */
  readonly parts?: readonly number[];
}

const WIDTH = 640, HEIGHT = 240, LEFT = 8, BOTTOM = 28, TOP = 34;

function rect(x: number, width: number, height: number, kind: string): string {
  const y = HEIGHT - BOTTOM - height;
  return `<rect class="${kind}" x="${x.toFixed(1)}" y="${y.toFixed(1)}" ` +
    `width="${width.toFixed(1)}" height="${height.toFixed(1)}"/>`;
}

function text(x: number, y: number, anchor: string, content: string, kind = "label"): string {
  return `<text class="${kind}" x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">` +
    `${escapeXml(content)}</text>`;
}

/** An SVG element; its classes `bar`, `part`, `label` and `title` are for the page to style. */
export function barChart({ title, labels, values, parts }: BarChart): string {
  const step = (WIDTH - 2 * LEFT) / labels.length, width = step * 0.8;
  const most = Math.max(1, ...values), scale = (HEIGHT - BOTTOM - TOP - 14) / most;
  const bars = labels.flatMap((label, k) => {
    const x = LEFT + k * step + (step - width) / 2, value = values[k]!, middle = x + width / 2;
    return [
      rect(x, width, value * scale, "bar"),
      ...(parts ? [rect(x, width, parts[k]! * scale, "part")] : []),
      text(middle, HEIGHT - BOTTOM - value * scale - 4, "middle", String(value)),
      text(middle, HEIGHT - BOTTOM + 16, "middle", label),
    ];
  });
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeXml(title)}">` +
    [text(LEFT, 16, "start", title, "title"), ...bars].join("") + "</svg>";
}
