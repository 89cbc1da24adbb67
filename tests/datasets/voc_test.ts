// The VOC reader.
import assert from "node:assert/strict";
import { loadVoc, parseVoc } from "../../lib/datasets/voc.ts";
import { MemoryStore } from "./memory_store.ts";

const bndbox = (...[xmin, ymin, xmax, ymax]: unknown[]) =>
  `<bndbox><xmin>${xmin}</xmin><ymin>${ymin}</ymin><xmax>${xmax}</xmax><ymax>${ymax}</ymax></bndbox>`;
const voc = (...objects: string[]) =>
  `<?xml version="1.0"?>
<annotation verified="yes">
  <filename>a.jpg</filename><owner><name>someone</name></owner>
  <size><width>640</width><height>480</height><depth>3</depth></size>
  ${objects.map((object) => `<object>${object}</object>`).join("\n")}
</annotation>`;
const face = (...corners: unknown[]) => `<name>face</name>${bndbox(...corners)}`;

Deno.test("parseVoc() counts from 1 and includes the last pixel", () => {
  const { boxes, labels, image } = parseVoc(voc(face(1, 1, 640, 480), face(11, 21, 11, 22)));
  assert.deepEqual([...boxes], [0, 0, 640, 480, 10, 20, 11, 22]);
  assert.deepEqual([labels, image], [["face", "face"], "a.jpg"]);
});

Deno.test("parseVoc() ignores what is difficult, and passes over parts and comments", () => {
  const person = `<name>person &amp; dog</name><difficult>1</difficult>
    <part><name>head</name>${bndbox(5, 5, 6, 6)}</part>${bndbox(1, 2, 3, 4)}`;
  const { boxes, labels, ignore } = parseVoc(
    voc(person, `<!-- ${bndbox(7, 7, 8, 8)} -->${face(1, 1, 9, 9)}`),
  );
  assert.deepEqual([...boxes], [0, 1, 3, 4, 0, 0, 9, 9]);
  assert.deepEqual([labels, [...ignore]], [["person & dog", "face"], [1, 0]]);
});

Deno.test.each([
  ["{}", /Cannot read "a.xml": it is not VOC XML, which has an <annotation>/],
  [voc("<name>face</name>"), /object 0 has no xmin, ymin, xmax, ymax in numbers/],
  [voc(face(1, 1, 5, 5), face(1, "NaN", 3, 4)), /object 1 has no xmin/],
  [voc(face(10, 10, 5, 20)), /object 0 has the corners "10,10,5,20", the last before the first/],
])("parseVoc() says what is wrong with %j", (text, message) => {
  assert.throws(() => parseVoc(text, "a.xml"), { name: "SyntaxError", message });
});

Deno.test("loadVoc() reads a folder, or the photos of a list", async () => {
  const store = new MemoryStore({
    "JPEGImages/a.jpg": "",
    "JPEGImages/b.jpg": "",
    "Annotations/a.xml": voc(face(1, 1, 2, 2)),
    "Annotations/b.xml": voc(face(1, 1, 4, 4)).replace("a.jpg", "elsewhere.jpg"),
    "ImageSets/Main/val.txt": "b -1\n",
  });
  const spec = { images: "JPEGImages", annotations: "Annotations" };
  const ids = async (more = {}) => {
    const { samples, problems } = await loadVoc(store, { ...spec, ...more });
    assert.deepEqual(problems, []);
    return samples.map(({ id, boxes }) => [id, [...boxes]]);
  };
  assert.deepEqual(await ids(), [["a.jpg", [0, 0, 2, 2]], ["b.jpg", [0, 0, 4, 4]]]);
  assert.deepEqual(await ids({ list: "ImageSets/Main/val.txt" }), [["b.jpg", [0, 0, 4, 4]]]);
});
