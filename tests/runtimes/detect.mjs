// Run by Node.js and Bun: detect.mjs <bundle> <photo.png> <photo.jpg> <photo.webp>
import { readFile } from "node:fs/promises";
import process from "node:process";

const [bundle, png, jpeg, webp] = process.argv.slice(2);
const { createDetector } = await import(bundle);
const messageOf = ({ name, message }) => `${name}: ${message}`;

const detector = await createDetector();
const faces = await detector.detect(new Uint8Array(await readFile(png)));
const fromJpeg = await detector.detect(new Uint8Array(await readFile(jpeg)));
const refused = await detector.detect(new Uint8Array(await readFile(webp))).catch(messageOf);
const again = await detector.detect(new Uint8Array(await readFile(png)));
const tensors = await createDetector({ device: "wasm" }).catch(messageOf);
detector.dispose();
console.log(JSON.stringify({ device: detector.device, faces, fromJpeg, again, refused, tensors }));
