// The engine finds in real photos what tfjs finds, in both builds.
import assert from "node:assert/strict";
import { decodeImage } from "../../lib/codec/decode.ts";
import { createDetector } from "../../lib/detector/detector.ts";
import { ENGINE_BUILDS } from "../engine/builds.ts";
import { photosIn } from "../_support/photos_in.ts";
import { realData } from "../_support/real_data.ts";
import { assertSameFaces } from "../_support/same_faces.ts";

const PHOTOS = 50;
const FOLDERS = [
  new URL(`file://${realData("wider/WIDER_val/images")}/`),
  new URL("../../data/samples/", import.meta.url),
];

/** Photos of the first folder that is there, spread over it. */
async function photos(): Promise<URL[]> {
  for (const folder of FOLDERS) {
    const found = await photosIn(folder).catch((error) => {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    });
    const step = Math.max(1, Math.floor(found.length / PHOTOS));
    if (found.length > 0) return found.filter((_, i) => i % step === 0).slice(0, PHOTOS);
  }
  throw new RangeError("Cannot find a photo");
}

for (const model of ["edge", "tiny"] as const) {
  Deno.test({
    name: `${model} on the engine finds in up to ${PHOTOS} photos what it finds on tfjs`,
    sanitizeResources: false, // tfjs outlives the test that started it
    sanitizeOps: false,
    fn: async () => {
      const all = { scoreThreshold: 0.02, nmsThreshold: 1, maxSide: 640 };
      using reference = await createDetector({ model, device: "wasm", ...all });
      const detectors = await Promise.all(
        ENGINE_BUILDS.map(({ module }) =>
          createDetector({ model, device: "engine", engineModule: module, ...all })
        ),
      );
      let faces = 0;
      const files = await photos();
      for (const photo of files) {
        const image = await decodeImage(await Deno.readFile(photo));
        const expected = await reference.detect(image);
        faces += expected.length;
        for (const detector of detectors) {
          assertSameFaces(await detector.detect(image), expected, { where: photo.pathname });
        }
      }
      assert.ok(faces > 2 * files.length, "there is something to compare");
      for (const detector of detectors) detector.dispose();
    },
  });
}
