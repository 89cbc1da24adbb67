import assert from "node:assert/strict";
import fc from "fast-check";
import { recordsOf, SEPARATOR, textsOf } from "../../lib/cli/records.ts";

/** The bytes of a text in pieces that end at these places, as a pipe may give them. */
async function* inPieces(text: string, ends: readonly number[]) {
  const bytes = new TextEncoder().encode(text);
  let from = 0;
  for (
    const end of [...ends.map((end) => end % (bytes.length + 1)), bytes.length].sort((a, b) =>
      a - b
    )
  ) {
    yield bytes.slice(from, end);
    from = end;
  }
}

Deno.test("textsOf() gives the lines of a text, wherever its pieces end", () =>
  fc.assert(fc.asyncProperty(
    fc.array(fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\n"))),
    fc.array(fc.nat(200)),
    async (lines, ends) => {
      const whole = lines.map((line) => `${line}\n`).join("");
      assert.deepEqual(await Array.fromAsync(textsOf(inPieces(whole, ends))), lines);
    },
  )));

Deno.test("recordsOf() tells a last record without a separator, and cuts at NULs when told to", async () => {
  const records = await Array.fromAsync(recordsOf(inPieces("a\nb\0c", [2]), SEPARATOR.nul));
  assert.deepEqual(
    records.map(({ bytes, isWhole }) => [new TextDecoder().decode(bytes), isWhole]),
    [["a\nb", true], ["c", false]],
  );
});
