/**
 * A detector in a process of its own, for `bench/detectors.ts`: looks at a photo as soon as it is
 * ready, and once more whenever something comes on standard input.
 *
 * Arguments: name of the detector, file of RGBA pixels, width, height, the photo as a JPEG file.
 * After each look it prints a line of JSON, a {@linkcode Look}; the first one counts from before the
 * detector is imported.
 *
 * @module
 */
import { CONTESTANTS } from "./detector_contestants.ts";

/** What a look took and found. */
export interface Look {
  /** Milliseconds. */
  readonly ms: number;
  /** Number of faces. */
  readonly faces: number;
}

if (import.meta.main) {
  const [name, pixels, width, height, jpeg] = Deno.args;
  const data = await Deno.readFile(pixels!);
  const photo = {
    pixels: { width: Number(width), height: Number(height), data },
    jpeg: await Deno.readFile(jpeg!),
  };
  const tell = (start: number, faces: number) =>
    console.log(JSON.stringify({ ms: performance.now() - start, faces } satisfies Look));

  const start = performance.now();
  const detect = await CONTESTANTS[name!]!.load(photo);
  tell(start, await detect());
  for await (const _ of Deno.stdin.readable) {
    const start = performance.now();
    tell(start, await detect());
  }
}
