// Finds faces beside the page, so that it stays responsive.
//
// In: {id, bitmap}. Out: {id, faces, ms} with boxes in pixels of the bitmap, or {id, error}; and once
// {device} or {error} when the detector is there or is not.
import { createDetector } from "./tinyface.js";

/** The page's slider starts here: what it leaves out, it leaves out without another look. */
const LEAST_SCORE = 0.05;
/** Longer photos are made smaller first, in pixels. */
const MAX_SIDE = 1600;

const opening = createDetector({ scoreThreshold: LEAST_SCORE });
opening.then(
  ({ model, device }) => postMessage({ device: `${model} on ${device.name}` }),
  (error) => postMessage({ error: error.message }),
);

/** The pixels of a bitmap, transparent ones on white. The bitmap is used up. */
function pixelsOf(bitmap) {
  const scale = Math.min(1, MAX_SIDE / Math.max(bitmap.width, bitmap.height));
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.fillStyle = "white";
  context.fillRect(0, 0, width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return context.getImageData(0, 0, width, height);
}

onmessage = async ({ data: { id, bitmap } }) => {
  try {
    const detector = await opening, { width } = bitmap;
    const image = pixelsOf(bitmap), scale = width / image.width;
    const start = performance.now();
    const found = await detector.detect(image);
    const ms = performance.now() - start;
    const faces = found.map(({ box: { x, y, width, height }, score }) => ({
      box: { x: x * scale, y: y * scale, width: width * scale, height: height * scale },
      score,
    }));
    postMessage({ id, faces, ms });
  } catch (error) {
    postMessage({ id, error: error.message });
  }
};
