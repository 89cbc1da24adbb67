/**
 * Boxes and text drawn on a copy of a photo.
 *
 * Drawn by hand, though the encoder's package (imagescript) draws too: without its native add-on it
 * offers filled areas and pasting, but no outlines, and text only with a TrueType font to ship.
 *
 * @module
 */
import { boxCount, type Boxes } from "../geometry/boxes.ts";
import { glyph, GLYPH_HEIGHT, GLYPH_WIDTH } from "./font.ts";
import type { Image, Size } from "./image.ts";
import { onWhite } from "./on_white.ts";
import type { Rgb } from "./resample.ts";

/** An RGB image that is drawn on. */
interface Canvas extends Size {
  readonly data: Uint8Array;
}

/** What {@linkcode drawBoxes} draws beside the boxes. */
export interface DrawOptions {
  /** A text for each box, above it; an empty one is not drawn. */
  readonly labels?: readonly string[];
  /** A text in the upper left corner. */
  readonly note?: string;
  /** Colour of the lines and of the plates that carry the texts. Default: blue. */
  readonly color?: Rgb;
}

const BLUE: Rgb = [20, 80, 255];
const WHITE: Rgb = [255, 255, 255];

/** Lines are 2 px up to a long side of about 1000 px, and grow with the photo from there. */
function lineWidth({ width, height }: Size): number {
  return Math.max(2, Math.round(Math.max(width, height) / 400));
}

/** Pixels a dot of the font. */
function dotSize({ width, height }: Size): number {
  return Math.max(1, Math.round(Math.max(width, height) / 500));
}

/** Fills `[x1, x2) × [y1, y2)`, given in whole pixels, as far as it lies on the canvas. */
function fillRect(
  canvas: Canvas,
  [x1, y1, x2, y2]: readonly [number, number, number, number],
  color: Rgb,
): void {
  const left = Math.max(0, x1), right = Math.min(canvas.width, x2);
  for (let y = Math.max(0, y1); y < Math.min(canvas.height, y2); y++) {
    for (let x = left; x < right; x++) canvas.data.set(color, 3 * (y * canvas.width + x));
  }
}

/** A line of `line` px along the inner side of the box. */
function outline(canvas: Canvas, box: ArrayLike<number>, line: number, color: Rgb): void {
  const x1 = Math.round(box[0]!), y1 = Math.round(box[1]!);
  const x2 = Math.round(box[2]!), y2 = Math.round(box[3]!);
  fillRect(canvas, [x1, y1, x2, y1 + line], color);
  fillRect(canvas, [x1, y2 - line, x2, y2], color);
  fillRect(canvas, [x1, y1, x1 + line, y2], color);
  fillRect(canvas, [x2 - line, y1, x2, y2], color);
}

function drawText(canvas: Canvas, text: string, x: number, y: number, dot: number): void {
  for (const [i, letter] of [...text].entries()) {
    for (const [column, bits] of glyph(letter).entries()) {
      const left = x + (i * (GLYPH_WIDTH + 1) + column) * dot;
      for (let row = 0; row <= GLYPH_HEIGHT; row++) {
        const top = y + row * dot;
        if (bits >> row & 1) fillRect(canvas, [left, top, left + dot, top + dot], WHITE);
      }
    }
  }
}

/**
 * White text on a plate of the colour, its lower left corner at (x, bottom); moved as far as needed
 * to lie on the canvas.
 */
function drawPlate(canvas: Canvas, text: string, x: number, bottom: number, color: Rgb): void {
  const dot = dotSize(canvas), margin = 2 * dot;
  const width = ((GLYPH_WIDTH + 1) * text.length - 1) * dot + 2 * margin;
  const height = GLYPH_HEIGHT * dot + 2 * margin;
  const left = Math.max(0, Math.min(Math.round(x), canvas.width - width));
  const top = Math.max(0, Math.round(bottom) - height);
  fillRect(canvas, [left, top, left + width, top + height], color);
  drawText(canvas, text, left + margin, top + margin, dot);
}

/**
 * A copy of the image with boxes outlined on it, as RGB.
 *
 * Lines and letters grow with the image, so that they look alike at any size. Boxes are in pixels of
 * the image; what lies outside of it is not drawn.
 */
export function drawBoxes(image: Image, boxes: Boxes, options: DrawOptions = {}): Image {
  const { labels = [], note = "", color = BLUE } = options;
  const { width, height, data } = onWhite(image);
  const canvas = { width, height, data: Uint8Array.from(data) };
  const line = lineWidth(canvas);
  for (let i = 0; i < boxCount(boxes); i++) {
    outline(canvas, boxes.subarray(4 * i, 4 * i + 4), line, color);
  }
  // Texts come after all the lines, so that no line runs through one.
  for (const [i, label] of labels.entries()) {
    if (label) drawPlate(canvas, label, boxes[4 * i]!, boxes[4 * i + 1]!, color);
  }
  if (note) drawPlate(canvas, note, 0, 0, color);
  return canvas;
}
