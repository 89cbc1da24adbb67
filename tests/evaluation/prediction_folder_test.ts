import assert from "node:assert/strict";
import fc from "fast-check";
import {
  formatPredictions,
  parsePredictions,
  predictionPath,
  predictionsOf,
  readPredictions,
  writePredictions,
} from "../../lib/evaluation/prediction_folder.ts";
import { MemoryStore } from "../_support/memory_store.ts";

const ID = "0--Parade/a_1.jpg";
const parse = (...lines: string[]) => parsePredictions(lines.join("\n"), ID, "f.txt");

Deno.test("formatPredictions() writes the official format", () => {
  const found = predictionsOf([
    { box: { x: 345.25, y: 211, width: 4.5, height: 4 }, score: 0.98 },
    { box: { x: 71, y: 120.5, width: 8, height: 11.25 }, score: 0.4 },
  ]);
  assert.equal(
    formatPredictions(ID, found),
    "a_1\n2\n345.25 211 4.5 4 0.98\n71 120.5 8 11.25 0.4\n",
  );
  assert.equal(predictionPath("out/", ID), "out/0--Parade/a_1.txt");
});

Deno.test("parsePredictions() reads back every number exactly", () => {
  const real = fc.double({ noNaN: true, noDefaultInfinity: true });
  const size = fc.double({ min: 0, noNaN: true, noDefaultInfinity: true });
  fc.assert(fc.property(fc.array(fc.tuple(real, real, size, size, real)), (rows) => {
    // −0 and 0 are one number to whoever reads text.
    const found = {
      boxes: Float64Array.from(rows.flatMap((row) => row.slice(0, 4)), (value) => value + 0),
      scores: Float64Array.from(rows, (row) => row[4] + 0),
    };
    assert.deepEqual(parsePredictions(formatPredictions(ID, found), ID, "f"), found);
  }));
});

Deno.test("parsePredictions() takes the forms that other writers use", () => {
  const expected = { boxes: Float64Array.of(1, 2, 3, 4), scores: Float64Array.of(0.5) };
  assert.deepEqual(parse("a_1.jpg", "1", "1 2 3 4 0.5"), expected);
  assert.deepEqual(parse("0--Parade/a_1.jpg\r", "1\r", "1  2 3 4 .5 \r", "", ""), expected);
  assert.deepEqual(parse("a_1", "0").scores.length, 0);
});

Deno.test("parsePredictions() names the line that is wrong", () => {
  const cases: [string[], RegExp][] = [
    [[], /^Cannot read "f\.txt", line 1: the file ends, expected the name "a_1"$/],
    [["b_2", "0"], /line 1: it is "b_2", expected the name "a_1"$/],
    [["a_1"], /line 2: the file ends, expected the number of boxes$/],
    [["a_1", "two"], /line 2: it is "two", expected the number of boxes$/],
    [["a_1", "2", "1 2 3 4 .5"], /line 2: it is "2", expected .* lines that follow, "1"$/],
    [["a_1", "2", "1 2 3 4 .5", "1 2 3 4"], /line 4: it is "1 2 3 4", expected x y width height/],
    [["a_1", "1", "1 2 3 4 nan"], /line 3: it is "1 2 3 4 nan", expected/],
    [["a_1", "1", "1 2 -3 4 0.5"], /line 3: .* the sizes not negative$/],
    [["a_1", "1", "<html>"], /line 3: it is "<html>", expected/],
  ];
  for (const [lines, message] of cases) assert.throws(() => parse(...lines), { message });
});

Deno.test("readPredictions() reads what writePredictions() wrote, and leaves out the rest", async () => {
  const store = new MemoryStore();
  const found = { boxes: Float64Array.of(1, 2, 3, 4), scores: Float64Array.of(0.1) };
  await writePredictions(store, "out", ID, found);
  assert.deepEqual([...store.files.keys()], ["out/0--Parade/a_1.txt"]);
  const read = await readPredictions(store, "out", ["0--Parade/b.jpg", ID, "1--Riot/c.jpg"]);
  assert.deepEqual([...read], [[ID, found]]);

  await store.write("out/0--Parade/b.txt", new TextEncoder().encode("b\n1\ngarbage\n"));
  await assert.rejects(readPredictions(store, "out", ["0--Parade/b.jpg"]), {
    name: "SyntaxError",
    message: /^Cannot read "out\/0--Parade\/b\.txt", line 3: it is "garbage"/,
  });
});
