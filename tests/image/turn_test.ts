import assert from "node:assert/strict";
import { type Orientation, turnUpright } from "../../lib/image/turn.ts";

/** Two rows of three pixels, one letter each, stored as every orientation has it (EXIF, tag 0x0112). */
const STORED: Readonly<Record<Orientation, readonly string[]>> = {
  1: ["abc", "def"],
  2: ["cba", "fed"],
  3: ["fed", "cba"],
  4: ["def", "abc"],
  5: ["ad", "be", "cf"],
  6: ["cf", "be", "ad"],
  7: ["fc", "eb", "da"],
  8: ["da", "eb", "fc"],
};

Deno.test("turnUpright() shows what every orientation stores", () => {
  for (const [orientation, rows] of Object.entries(STORED)) {
    for (const channels of [3, 4]) {
      const letters = [...rows.join("")].flatMap((letter) =>
        Array<number>(channels).fill(letter.charCodeAt(0))
      );
      const image = { width: rows[0]!.length, height: rows.length, data: Uint8Array.from(letters) };
      const { width, height, data } = turnUpright(image, Number(orientation) as Orientation);
      const seen = Array.from({ length: 6 }, (_, i) => String.fromCharCode(data[channels * i]!));
      assert.deepEqual([width, height, seen.join("")], [3, 2, "abcdef"], orientation);
    }
  }
});
