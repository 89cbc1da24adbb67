// The WIDER FACE reader, on hand-made texts and on the official ones.
import assert from "node:assert/strict";
import { loadWider, parseWider } from "../../lib/datasets/wider.ts";
import { realData, testOnRealData } from "../_support/real_data.ts";
import { MemoryStore } from "./memory_store.ts";

const TWO_PHOTOS = `0--Parade/a.jpg
2
449 330 122 149 2 1 1 0 2 1 
10 20 30 40 0 0 0 1 0 0 
1--Handshaking/b.jpg
1
361 98 263 339 0 0 0 0 0 0 
`;

Deno.test("parseWider() reads corners and all attributes", () => {
  const { entries, lines, zeroSize } = parseWider(TWO_PHOTOS);
  assert.deepEqual([entries.length, lines, zeroSize], [2, 3, 0]);
  assert.equal(entries[0]!.path, "0--Parade/a.jpg");
  assert.deepEqual([...entries[0]!.boxes], [449, 330, 571, 479, 10, 20, 40, 60]);
  assert.deepEqual(entries[0]!.attributes, {
    blur: Uint8Array.of(2, 0),
    expression: Uint8Array.of(1, 0),
    illumination: Uint8Array.of(1, 0),
    invalid: Uint8Array.of(0, 1),
    occlusion: Uint8Array.of(2, 0),
    pose: Uint8Array.of(1, 0),
  });
  assert.deepEqual([...entries[1]!.boxes], [361, 98, 624, 437]);
});

Deno.test("parseWider() reads every form of a photo without faces", () => {
  const zeros = "0 0 0 0 0 0 0 0 0 0 ";
  const { entries, lines, zeroSize } = parseWider(
    ["a.jpg", "0", zeros, "b.jpg", "1", zeros, "c.jpg", "0", "d.jpg", "0", zeros].join("\n"),
  );
  assert.deepEqual(entries.map((entry) => entry.path), ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]);
  assert.ok(entries.every((entry) => entry.boxes.length === 0));
  assert.deepEqual([lines, zeroSize], [3, 3]);
});

Deno.test("parseWider() skips boxes without width or height and their attributes", () => {
  const { entries, zeroSize } = parseWider(
    "a.jpg\r\n3\r\n1 2 0 9 1 0 0 0 0 0\r\n5 6 7 8 2 0 0 0 0 0\r\n1 2 9 0 1 0 0 0 0 0\r\n",
  );
  assert.equal(zeroSize, 2);
  assert.deepEqual([...entries[0]!.boxes], [5, 6, 12, 14]);
  assert.deepEqual([...entries[0]!.attributes.blur], [2]);
});

Deno.test("parseWider() gives nothing for an empty text", () => {
  assert.deepEqual(parseWider("\n"), { entries: [], lines: 0, zeroSize: 0 });
});

Deno.test.each([
  ["a.jpg\n1\nfoo bar\n", /"gt.txt", line 3: it is "foo bar", expected ten numbers \(x y w h/],
  ["a.jpg\n1\n1 2 3 4\n", /line 3: it is "1 2 3 4", expected ten numbers/],
  ["a.jpg\n2\n1 2 3 4 0 0 0 0 0 0\nb.jpg\n0\n", /line 4: it is "b.jpg", expected ten numbers/],
  ["a.jpg\n2\n1 2 3 4 0 0 0 0 0 0\n", /line 4: the file ends, expected ten numbers/],
  ["a.jpg\nmany\n", /line 2: it is "many", expected the number of faces of "a.jpg"/],
  ["a.jpg\n", /line 2: the file ends, expected the number of faces/],
  ["a.jpg\n0\n\nb.jpg\n0\n", /line 3: it is "", expected the path of an image/],
  ["0 0 0 0 0 0 0 0 0 0\n1\n", /line 1: .* expected the path of an image/],
])("parseWider() says what is wrong with %j", (text, message) => {
  assert.throws(() => parseWider(text, "gt.txt"), { name: "SyntaxError", message });
});

Deno.test("loadWider() leaves out missing photos and says how many", async () => {
  const store = new MemoryStore({ "gt.txt": TWO_PHOTOS, "images/0--Parade/a.jpg": "" });
  const dataset = await loadWider(store, { images: "images", annotations: "gt.txt" });
  assert.equal(dataset.samples.length, 1);
  const [sample] = dataset.samples;
  assert.equal(sample!.id, "0--Parade/a.jpg");
  assert.equal(sample!.path, "images/0--Parade/a.jpg");
  assert.equal(sample!.orientation, "stored");
  assert.deepEqual([...sample!.ignore], [0, 1], "a face marked invalid is ignored");
  assert.deepEqual(dataset.problems, ['1 of 2 images of "gt.txt" are not in "images"']);
});

Deno.test("loadWider() throws when no photo is there", async () => {
  const store = new MemoryStore({ "gt.txt": TWO_PHOTOS });
  await assert.rejects(loadWider(store, { images: "images/", annotations: "gt.txt" }), {
    message: 'Cannot load "gt.txt": none of its 2 images is in "images/"',
  });
});

// Totals of the official wider_face_split.zip, counted with other tools.
for (
  const [part, ...totals] of [["train", 12880, 159424, 31], ["val", 3226, 39708, 11]] as const
) {
  testOnRealData(`parseWider() reads the official ${part} text whole`, async () => {
    const path = realData(`wider/wider_face_split/wider_face_${part}_bbx_gt.txt`);
    const { entries, lines, zeroSize } = parseWider(await Deno.readTextFile(path));
    assert.deepEqual([entries.length, lines, zeroSize], totals);
  });
}
