// A photo with what was found on it.

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
  const context = canvas.getContext("2d");
  context.drawImage(bitmap, 0, 0);
  for (const face of faces) (blur ? hide : outline)(context, bitmap, face);
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

/** Of a face so much is left: the means of so many spots along a side. */
const SPOTS = 4;
/** Hidden around a box on each side, in sides of the box: an ellipse then holds all of it. */
const MARGIN = 0.25;

function hide(context, bitmap, { box }) {
  const width = box.width * (1 + 2 * MARGIN), height = box.height * (1 + 2 * MARGIN);
  const x = box.x - box.width * MARGIN, y = box.y - box.height * MARGIN;
  const spots = shrink(bitmap, { x, y, width, height });
  context.save();
  context.beginPath();
  context.ellipse(x + width / 2, y + height / 2, width / 2, height / 2, 0, 0, 2 * Math.PI);
  context.clip();
  context.imageSmoothingQuality = "high";
  context.drawImage(spots, x, y, width, height);
  context.restore();
}

/** A region in SPOTS × SPOTS pixels, by halves, so that every pixel counts. */
function shrink(source, { x, y, width, height }) {
  let picture = source, from = [x, y, width, height];
  for (let side = 64; side >= SPOTS; side /= 2) {
    const smaller = new OffscreenCanvas(side, side), context = smaller.getContext("2d");
    // Beyond the photo's edge there is nothing: let that be grey, not a hole.
    context.fillStyle = "gray";
    context.fillRect(0, 0, side, side);
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, ...from, 0, 0, side, side);
    picture = smaller;
    from = [0, 0, side, side];
  }
  return picture;
}
