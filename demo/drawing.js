// A photo with what was found on it.
// @ts-ignore: deno task demo puts it there
import { anonymize } from "./tinyface.js";

const percent = (score) => `${Math.round(100 * score)}%`;

/** What a blind reader is told. */
export function describe(name, faces) {
  const count = faces.length === 1 ? "1 face" : `${faces.length || "no"} faces`;
  const scores = faces.length > 0
    ? `, scores ${faces.map(({ score }) => percent(score)).join(", ")}`
    : "";
  return `${name}: ${count}${scores}`;
}

/** Draws the photo on the canvas, its faces outlined or blurred. */
export function draw(canvas, bitmap, faces, { blur }) {
  if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
  }
  const context = canvas.getContext("2d", { willReadFrequently: blur });
  context.drawImage(bitmap, 0, 0);
  if (blur) return hide(context, bitmap, faces);
  for (const face of faces) outline(context, bitmap, face);
}

function outline(context, { width, height }, { box, score }) {
  const line = Math.max(2, Math.max(width, height) / 300);
  context.lineWidth = line;
  context.strokeStyle = "#1450ff";
  context.strokeRect(box.x, box.y, box.width, box.height);

  const text = percent(score), size = 7 * line;
  context.font = `600 ${size}px system-ui, sans-serif`;
  const plate = { width: context.measureText(text).width + size / 2, height: 1.3 * size };
  const top = Math.max(0, box.y - plate.height), left = box.x - line / 2;
  context.fillStyle = "#1450ff";
  context.fillRect(left, top, plate.width, plate.height);
  context.fillStyle = "white";
  context.textBaseline = "middle";
  context.fillText(text, left + size / 4, top + plate.height / 2);
}

/** The library's own blur: of a face as little is left as `detect --anonymize` leaves. */
function hide(context, { width, height }, faces) {
  if (faces.length === 0) return;
  const { data } = anonymize(context.getImageData(0, 0, width, height), faces);
  context.putImageData(new ImageData(new Uint8ClampedArray(data.buffer), width, height), 0, 0);
}
