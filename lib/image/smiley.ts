/**
 * A smiley, drawn by formulas: no font, no picture.
 *
 * @module
 */
import type { Paint, Region } from "./cover.ts";
import type { Rgb } from "./resample.ts";

const YELLOW: Rgb = [255, 204, 51];
const RIM: Rgb = [214, 142, 16];
const BROWN: Rgb = [92, 56, 14];

// In units of the region's shorter half side, from its middle, y downwards.
const EYE = { x: 0.34, y: -0.26, halfWidth: 0.11, halfHeight: 0.19 };
const MOUTH = { y: 0.02, radius: 0.52, halfLine: 0.065, from: Math.PI / 8 };
/** The rim begins at this part of the way from the middle to the edge. */
const RIM_FROM = 0.94;

/** Samples a pixel along each axis, so that lines have no steps. */
const SAMPLES = 3;

function isEye(x: number, y: number): boolean {
  const dx = (Math.abs(x) - EYE.x) / EYE.halfWidth, dy = (y - EYE.y) / EYE.halfHeight;
  return dx * dx + dy * dy <= 1;
}

/** The lower part of a circle's line, with round ends. */
function isMouth(x: number, y: number): boolean {
  const dy = y - MOUTH.y, angle = Math.atan2(dy, Math.abs(x));
  if (angle >= MOUTH.from) return Math.abs(Math.hypot(x, dy) - MOUTH.radius) <= MOUTH.halfLine;
  const endX = MOUTH.radius * Math.cos(MOUTH.from), endY = MOUTH.radius * Math.sin(MOUTH.from);
  return Math.hypot(Math.abs(x) - endX, dy - endY) <= MOUTH.halfLine;
}

/** A smiley that fills a region; nothing of what was there shows through. */
export function smiley({ left, top, right, bottom }: Region, channels: 3 | 4): Paint {
  const halfWidth = (right - left) / 2, halfHeight = (bottom - top) / 2;
  const unit = Math.min(halfWidth, halfHeight);
  const colorAt = (x: number, y: number): Rgb => {
    const dx = x - left - halfWidth, dy = y - top - halfHeight;
    if (isEye(dx / unit, dy / unit) || isMouth(dx / unit, dy / unit)) return BROWN;
    return Math.hypot(dx / halfWidth, dy / halfHeight) > RIM_FROM ? RIM : YELLOW;
  };
  return (x, y, data, o) => {
    let r = 0, g = 0, b = 0;
    for (let k = 0; k < SAMPLES * SAMPLES; k++) {
      const color = colorAt(
        x + (k % SAMPLES + 0.5) / SAMPLES,
        y + (Math.floor(k / SAMPLES) + 0.5) / SAMPLES,
      );
      r += color[0];
      g += color[1];
      b += color[2];
    }
    data[o] = r / SAMPLES ** 2;
    data[o + 1] = g / SAMPLES ** 2;
    data[o + 2] = b / SAMPLES ** 2;
    if (channels === 4) data[o + 3] = 255;
  };
}
