/**
 * How fast JPEG photos are decoded here: by the runtime itself, which is what tinyface does, and by
 * the packages of others.
 *
 *     deno run --no-lock --allow-read --allow-env --allow-ffi bench/jpeg_decoders.ts data/samples
 *
 * @module
 */
import { decodeImage } from "../lib/codec/decode.ts";
import { table } from "../lib/cli/table.ts";
import { jpegJsDecode } from "../lib/deps/jpeg_js.ts";
import { mozjpegDecode } from "../lib/deps/jsquash_jpeg.ts";

const DECODERS: Readonly<
  Record<string, (bytes: Uint8Array<ArrayBuffer>) => Promise<{ width: number; height: number }>>
> = {
  "createImageBitmap (tinyface)": (bytes) => decodeImage(bytes),
  "@jsquash/jpeg 1.6.0": (bytes) => mozjpegDecode(bytes.buffer),
  "jpeg-js 0.4.4": (bytes) =>
    Promise.resolve(jpegJsDecode(bytes, { useTArray: true, maxMemoryUsageInMB: 4096 })),
};

/** Rounds over all photos; the fastest counts. */
const ROUNDS = 3;

const folder = Deno.args[0] ?? "data/samples";
const files: Uint8Array<ArrayBuffer>[] = [];
for await (const { name } of Deno.readDir(folder)) {
  if (/\.jpe?g$/i.test(name) && files.length < 50) {
    files.push(await Deno.readFile(`${folder}/${name}`));
  }
}

const rows = [["decoder", "ms a megapixel"]];
for (const [name, decode] of Object.entries(DECODERS)) {
  let fastest = Infinity;
  for (let round = 0; round <= ROUNDS; round++) {
    let pixels = 0;
    const start = performance.now();
    for (const bytes of files) {
      const { width, height } = await decode(bytes);
      pixels += width * height;
    }
    const ms = 1e6 * (performance.now() - start) / pixels;
    if (round > 0) fastest = Math.min(fastest, ms); // the first one warms up
  }
  rows.push([name, fastest.toFixed(1)]);
}
console.log(`${files.length} photos of ${folder}\n\n${table(rows)}`);
