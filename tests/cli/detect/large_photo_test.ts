// Memory that `detect` takes for a large photo.
import assert from "node:assert/strict";
import { encodeJpeg, encodePng } from "../../../lib/codec/encode.ts";

const SIDE_PX = 6000;
const MEGAPIXELS = SIDE_PX ** 2 / 1e6;

/** What a process takes without a photo, in MB. */
const BASE_MB = 80;

/** Tries: a peak is what is needed plus what the collector has not got to, and the least tells. */
const TRIES = 8;

/** Handles a photo in a process, and finds out how much memory it took at most, in MB. */
async function peakOf(cwd: string, args: readonly string[]): Promise<number> {
  const script = new URL("peak_memory.ts", import.meta.url).pathname;
  const permissions = ["--no-prompt", "--allow-read", "--allow-write", "--allow-env"];
  const { code, stdout, stderr } = await new Deno.Command("deno", {
    args: ["run", "--quiet", ...permissions, script, ...args],
    cwd,
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return Number(new TextDecoder().decode(stdout));
}

// Bytes a pixel, all copies of the photo together that are there at once: more than 19 of them
// would make more than 2 GB of 100 megapixels; 9 to 14 were measured.
const CASES = [
  ["photo.png", ["photo.png", "--jsonl"], 13],
  ["photo.jpg", ["photo.jpg", "--jsonl"], 15],
  ["photo.jpg", ["photo.jpg", "--anonymize", "blur", "-o", "copy.jpg"], 16],
] as const;

Deno.test("detect takes a large photo without many copies of it", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const data = new Uint8Array(3 * SIDE_PX ** 2);
    for (let i = 0; i < data.length; i++) data[i] = i >> 12;
    const image = { width: SIDE_PX, height: SIDE_PX, data };
    await Deno.writeFile(`${folder}/photo.png`, encodePng(image));
    await Deno.writeFile(`${folder}/photo.jpg`, encodeJpeg(image));
    for (const [name, args, bytesPerPixel] of CASES) {
      const limit = BASE_MB + bytesPerPixel * MEGAPIXELS;
      let peak = Infinity;
      for (let i = 0; i < TRIES && peak >= limit; i++) {
        peak = Math.min(peak, await peakOf(folder, args));
      }
      assert.ok(peak > 3 * MEGAPIXELS, `${name}: the pixels alone take more than ${peak} MB`);
      assert.ok(peak < limit, `${name}: ${peak} MB, more than ${limit}`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
