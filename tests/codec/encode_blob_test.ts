import assert from "node:assert/strict";
import { decodeImage } from "../../lib/codec/decode.ts";
import { encodeBlob } from "../../lib/codec/encode_blob.ts";

const gradient = {
  width: 5,
  height: 3,
  data: Uint8Array.from({ length: 45 }, (_, i) => 100 + 3 * i),
};

const decodeBlob = async (blob: Blob) =>
  await decodeImage(new Uint8Array(await blob.arrayBuffer()));

Deno.test("encodeBlob() writes PNG without loss and JPEG nearly so", async () => {
  const png = await encodeBlob(gradient, "image/png"),
    jpeg = await encodeBlob(gradient, "image/jpeg");
  assert.deepEqual([png.type, jpeg.type], ["image/png", "image/jpeg"]);
  assert.deepEqual((await decodeBlob(png)).data, gradient.data);
  const { width, height, data } = await decodeBlob(jpeg);
  assert.deepEqual([width, height], [5, 3]);
  const error = [...data].reduce((sum, value, i) => sum + Math.abs(value - gradient.data[i]!), 0);
  assert.ok(error / data.length < 8, `${error / data.length} levels`);
});

Deno.test("encodeBlob() says when the runtime cannot encode", async () => {
  const { OffscreenCanvas } = globalThis;
  try {
    Object.assign(globalThis, { OffscreenCanvas: undefined });
    await assert.rejects(encodeBlob(gradient, "image/png"), {
      name: "TypeError",
      message: "Cannot encode the picture: this runtime has no image encoder",
    });
  } finally {
    Object.assign(globalThis, { OffscreenCanvas });
  }
});
