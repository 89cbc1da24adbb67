/**
 * Speed of what comes before a detection: `deno task bench`.
 *
 * @module
 */
import { decodeImage } from "../lib/codec/decode.ts";
import { letterbox } from "../lib/geometry/letterbox.ts";
import { resample } from "../lib/image/resample.ts";

const PHOTO = new URL("../data/samples/sample1.jpg", import.meta.url);
const bytes = await Deno.readFile(PHOTO);
const image = await decodeImage(bytes);
const size = `${image.width}x${image.height}`;

Deno.bench(`decode a JPEG of ${size}`, { group: "photo" }, async () => {
  await decodeImage(bytes);
});

Deno.bench(`letterbox ${size} to 224x224`, { group: "photo" }, () => {
  resample(image, letterbox(image, { width: 224, height: 224 }), [127, 127, 127]);
});
