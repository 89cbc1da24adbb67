// Run by Deno, Node.js and Bun: detect_photos.mjs <bundle> <options as JSON> <photo.png>...
import { readFile } from "node:fs/promises";
import process from "node:process";

const [bundle, options, ...photos] = process.argv.slice(2);
const { createDetector } = await import(bundle);

const detector = await createDetector(JSON.parse(options));
const found = [];
for (const photo of photos) {
  found.push(await detector.detect(new Uint8Array(await readFile(photo))));
}
detector.dispose();
console.log(JSON.stringify(found));
