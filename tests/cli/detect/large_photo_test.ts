// Memory that `detect` takes for a large photo.
import assert from "node:assert/strict";
import { encodeJpeg, encodePng } from "../../../lib/codec/encode.ts";

const SIDE_PX = 6000;
const MEGAPIXELS = SIDE_PX ** 2 / 1e6;

/** What a process takes without a photo, in MB, and what its collector leaves for later. */
const BASE_MB = 150;

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

// Bytes a pixel, all copies of the photo together that are there at once. 8 to 13 on a machine with
// little to do; where all tests run at once the collector comes late, and 19 have been seen with a copy.
const CASES = [
  ["photo.png", ["photo.png", "--jsonl"], 19],
  ["photo.jpg", ["photo.jpg", "--jsonl"], 19],
  ["photo.jpg", ["photo.jpg", "--anonymize", "blur", "-o", "copy.jpg"], 24],
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
      const peak = await peakOf(folder, args), limit = BASE_MB + bytesPerPixel * MEGAPIXELS;
      assert.ok(peak > 3 * MEGAPIXELS, `${name}: the pixels alone take more than ${peak} MB`);
      assert.ok(peak < limit, `${name}: ${peak} MB, more than ${limit}`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
