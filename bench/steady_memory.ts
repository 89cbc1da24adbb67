/**
 * Whether detecting takes more and more memory: many detections of one photo, then of photos of many
 * sizes.
 *
 *     deno run --no-lock --allow-read --allow-env bench/steady_memory.ts [detections] [long side]
 *
 * @module
 */
import { decodePhoto } from "../lib/codec/decode_photo.ts";
import { createDetector } from "../lib/detector/detector.ts";
import { downscale } from "../lib/image/resample.ts";
import { Random } from "../lib/numbers/random.ts";

const [detections = 10_000, longSide = 640] = Deno.args.map(Number);
const SIZES = 200;
const LOOKS = 10;
const PASSES = 6;

const photo = await decodePhoto(
  await Deno.readFile(new URL("../data/samples/sample2.jpg", import.meta.url)),
);
using detector = await createDetector();

function show(label: string): void {
  const { rss, heapUsed, external } = Deno.memoryUsage();
  const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  console.log(
    `${label}: ${mib(rss)} resident, ${mib(heapUsed)} JavaScript, ${
      mib(external)
    } WebAssembly and buffers`,
  );
}

const shown = downscale(photo, longSide);
show("before");
for (let i = 1; i <= detections; i++) {
  await detector.detect(shown);
  if (i % Math.ceil(detections / LOOKS) === 0) show(`${i} of ${shown.width}×${shown.height}`);
}
const random = new Random(["sizes"]);
const sides = Array.from({ length: SIZES }, () => 64 + random.integer(1200));
for (let pass = 1; pass <= PASSES; pass++) {
  for (const side of sides) await detector.detect(downscale(photo, side));
  show(`${SIZES} sizes up to ${Math.max(...sides)}, pass ${pass}`);
}
