// The page: photos and camera in, cards out.
import { Card } from "./card.js";
import { Finder } from "./finder.js";

/** Photos are shown (and saved) with at most this many pixels along a side. */
const MAX_SIDE = 2048;

const byId = (id) => document.getElementById(id);
const finder = new Finder();
const cards = new Set();
const settings = { threshold: 0.5, blur: false };

function say(text) {
  byId("status").textContent = text;
}

function add(title) {
  const card = new Card(title, () => remove(card));
  cards.add(card);
  byId("results").prepend(card.element);
  byId("clear").disabled = false;
  return card;
}

function remove(card) {
  if (card === camera?.card) stopCamera();
  cards.delete(card);
  card.dispose();
  byId("clear").disabled = cards.size === 0;
  byId("results").focus();
}

function summarise(ms) {
  const count = [...cards].reduce((sum, { count = 0 }) => sum + count, 0);
  const faces = `${count} ${count === 1 ? "face" : "faces"} in ${cards.size} ` +
    (cards.size === 1 ? "picture" : "pictures");
  say(ms === undefined ? faces : `${faces}, the last took ${ms.toFixed(0)} ms`);
}

/** A picture no larger than it is shown; turned upright by the browser. */
async function open(file) {
  const bitmap = await createImageBitmap(file);
  const scale = MAX_SIDE / Math.max(bitmap.width, bitmap.height);
  if (scale >= 1) return bitmap;
  const smaller = await createImageBitmap(bitmap, {
    resizeWidth: Math.max(1, Math.round(bitmap.width * scale)),
    resizeHeight: Math.max(1, Math.round(bitmap.height * scale)),
    resizeQuality: "high",
  });
  bitmap.close();
  return smaller;
}

async function addPhoto(file) {
  const card = add(file.name || "Pasted photo");
  let bitmap;
  try {
    bitmap = await open(file);
  } catch {
    return card.fail(
      "Cannot show it: your browser does not know this kind of file, or it is damaged",
    );
  }
  try {
    const { faces, ms } = await finder.find(bitmap);
    if (!cards.has(card)) return bitmap.close(); // removed meanwhile
    card.show(bitmap, faces, settings, `${bitmap.width} × ${bitmap.height}, ${ms.toFixed(0)} ms`);
    summarise(ms);
  } catch (error) {
    card.fail(error.message);
  }
}

async function addPhotos(files) {
  const photos = [...files];
  if (photos.length === 0) return;
  say(`Looking at ${photos.length} ${photos.length === 1 ? "photo" : "photos"} …`);
  for (const file of photos) await addPhoto(file);
}

/** The running camera: `{stream, card}`. */
let camera;

function stopCamera() {
  camera?.stream.getTracks().forEach((track) => track.stop());
  camera = undefined;
  byId("camera").setAttribute("aria-pressed", "false");
  byId("camera").textContent = "Use the camera";
}

async function startCamera() {
  let stream;
  try {
    if (!navigator.mediaDevices) throw new Error("only pages from https: or localhost may");
    stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: "user", width: { ideal: 1280 } },
    });
  } catch (error) {
    return say(`Cannot use the camera: ${error.message}`);
  }
  const running = camera = { stream, card: add("Camera") };
  byId("camera").setAttribute("aria-pressed", "true");
  byId("camera").textContent = "Stop the camera";
  const video = Object.assign(document.createElement("video"), {
    srcObject: stream,
    muted: true,
    playsInline: true,
  });
  await video.play();
  await watch(video, running);
}

/** Shows each frame together with what was found on it: with blurring on, no bare face is ever seen. */
async function watch(video, running) {
  let last = performance.now(), rate = 0;
  while (camera === running) {
    const frame = await createImageBitmap(video);
    const { faces, ms } = await finder.find(frame);
    if (camera !== running) return frame.close();
    const now = performance.now();
    rate = 0.8 * rate + 0.2 * 1000 / (now - last);
    last = now;
    running.card.show(frame, faces, settings, `${ms.toFixed(0)} ms, ${rate.toFixed(0)} a second`);
    await new Promise(requestAnimationFrame);
  }
}

function changeSettings() {
  settings.threshold = byId("threshold").valueAsNumber / 100;
  settings.blur = byId("blur").checked;
  byId("least").value = `${byId("threshold").value}%`;
  for (const card of cards) card.update(settings);
  if (cards.size > 0) summarise();
}

/** Remembers the theme where the browser lets it. */
const theme = {
  get: () => {
    try {
      return localStorage.getItem("theme");
    } catch {
      return null;
    }
  },
  set: (name) => {
    document.documentElement.dataset.theme = name;
    byId("theme").setAttribute("aria-pressed", String(name === "dark"));
    try {
      localStorage.setItem("theme", name);
    } catch { /* it is forgotten */ }
  },
};

byId("controls").addEventListener("submit", (event) => event.preventDefault());
byId("files").addEventListener("change", ({ target }) => {
  addPhotos(target.files);
  target.value = ""; // the same photo may be chosen again
});
byId("camera").addEventListener("click", () => camera ? stopCamera() : startCamera());
byId("threshold").addEventListener("input", changeSettings);
byId("blur").addEventListener("change", changeSettings);
byId("clear").addEventListener("click", () => [...cards].forEach(remove));
byId("theme").addEventListener("click", () => {
  theme.set(byId("theme").getAttribute("aria-pressed") === "true" ? "light" : "dark");
});

document.addEventListener("paste", ({ clipboardData }) => addPhotos(clipboardData.files));
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("dragging");
});
document.addEventListener("dragleave", ({ relatedTarget }) => {
  if (relatedTarget === null) document.body.classList.remove("dragging");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("dragging");
  addPhotos(event.dataTransfer.files);
});

theme.set(theme.get() ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
changeSettings(); // browsers keep what was set before a reload
finder.ready.then(
  (device) => cards.size === 0 && say(`Ready: ${device}.`),
  (error) => say(`Cannot find faces here: ${error.message}`),
);
navigator.serviceWorker?.register("service_worker.js").catch(() => {}); // then not offline
