// YuNet as a teacher, against ONNX Runtime and on a real photo.
import assert from "node:assert/strict";
import { decodeImage } from "../../lib/codec/decode.ts";
import { iou } from "../../lib/geometry/boxes.ts";
import { letterbox } from "../../lib/geometry/letterbox.ts";
import { nms } from "../../lib/geometry/nms.ts";
import { boxesToView } from "../../lib/geometry/view.ts";
import { channelsOf, type Image } from "../../lib/image/image.ts";
import { resample } from "../../lib/image/resample.ts";
import type { NdArray } from "../../lib/numbers/nd_array.ts";
import { encodeOnnxModel } from "../../lib/onnx/messages.ts";
import { loadTeacher } from "../../lib/teachers/teacher.ts";
import { decodeYunet } from "../../lib/teachers/yunet.ts";
import { assertAllClose } from "../_support/close.ts";
import { testOnYunet, YUNET } from "../_support/real_data.ts";
import { onnxRuntimeMissing, runOnnx } from "../onnx/onnxruntime.ts";

const SAMPLES = new URL("../../data/samples/", import.meta.url);
const FRAME = { width: 320, height: 256 };

/** All that it tells of. */
const FEATURES = [
  ...Array.from({ length: 12 }, (_, i) => `backbone_${i}`),
  ...Array.from({ length: 3 }, (_, i) => `pyramid_${i}`),
  ...Array.from({ length: 3 }, (_, i) => `heads_${i}`),
];

/** Blue, green and red planes, as YuNet's authors feed it. */
function planesOf(image: Image): NdArray {
  const { width, height } = image, channels = channelsOf(image);
  const data = new Float32Array(3 * width * height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) data[c * width * height + i] = image.data[channels * i + 2 - c]!;
  }
  return { shape: [1, 3, height, width], data };
}

testOnYunet("a teacher says at every place what YuNet says", async () => {
  const photo = await decodeImage(await Deno.readFile(new URL("sample1.jpg", SAMPLES)));
  const picture = resample(photo, letterbox(photo, FRAME), [0, 0, 0]);
  const file = await Deno.readFile(YUNET);
  const said = (await loadTeacher(file, FEATURES))(picture);
  assert.equal(said.scores.length, 40 * 32 + 20 * 16 + 10 * 8);
  const shapes = (kind: string) =>
    Object.entries(said.features).filter(([name]) => name.startsWith(kind))
      .map(([, { shape }]) => shape);
  assert.deepEqual(shapes("backbone"), [
    ...[[128, 160, 16], [128, 160, 16], [64, 80, 16], [64, 80, 64], [64, 80, 64], [64, 80, 64]],
    ...[[32, 40, 64], [32, 40, 64], [16, 20, 64], [16, 20, 64], [8, 10, 64], [8, 10, 64]],
  ]);
  for (const kind of ["pyramid", "heads"]) {
    assert.deepEqual(shapes(kind), [[32, 40, 64], [16, 20, 64], [8, 10, 64]]);
  }
  // All of it is behind a ReLU.
  for (const { data } of Object.values(said.features)) assert.ok(data.every((value) => value >= 0));
  if (onnxRuntimeMissing !== null) return;

  const [result] = await runOnnx([{ file, inputs: { input: planesOf(picture) } }]);
  assert.ok(typeof result === "object", `${result}`);
  const outputs = Object.entries(result).map(([name, { data }]) => [name, data]);
  const expected = decodeYunet(Object.fromEntries(outputs), picture);
  assertAllClose(said.scores.map((score) => score ** 2), expected.scores, { atol: 1e-4 });
  assertAllClose(said.boxes, expected.boxes, { atol: 1e-2 });
});

testOnYunet("a teacher finds the faces of a photo", async () => {
  const labels = JSON.parse(await Deno.readTextFile(new URL("sample1.json", SAMPLES)));
  const photo = await decodeImage(await Deno.readFile(new URL("sample1.jpg", SAMPLES)));
  const view = letterbox(photo, FRAME);
  const { boxes, scores } = (await loadTeacher(await Deno.readFile(YUNET)))(
    resample(photo, view, [0, 0, 0]),
  );
  const found = nms(boxes, scores, { iouThreshold: 0.45, scoreThreshold: 0.5 });
  const faces = boxesToView(
    Float32Array.from(labels.shapes.flatMap(({ points }: { points: number[][] }) => points.flat())),
    view,
  );
  for (let i = 0; i < faces.length / 4; i++) {
    assert.ok(found.some((k) => iou(faces, i, boxes, k) > 0.5), `face ${i}`);
  }
});

Deno.test("loadTeacher() refuses what is no YuNet", async () => {
  await assert.rejects(
    loadTeacher(new TextEncoder().encode("no ONNX")),
    /^SyntaxError: Cannot read the ONNX model/,
  );
  const other = encodeOnnxModel({
    ...{ name: "other", doc: "", opset: 15, inputs: [], outputs: [], nodes: [], metadata: {} },
    constants: new Map(),
  });
  await assert.rejects(loadTeacher(other), /^RangeError: .* nothing gives "cls_8"/);
  await assert.rejects(
    loadTeacher(other, FEATURES),
    /^RangeError: Cannot load the teacher: it is no YuNet/,
  );
  await assert.rejects(loadTeacher(other, ["landmarks"]), /RangeError: .* it has no "landmarks"/);
});
