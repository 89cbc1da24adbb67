// Real photos and weights beside the repository, for those who have them.

const shared = new URL("../../../shared/", import.meta.url);

/** Why the tests on a folder of real files cannot run here, or `null` when they can. */
function whyMissing(folder: string): string | null {
  const path = new URL(folder, shared);
  if (Deno.permissions.querySync({ name: "read", path }).state !== "granted") {
    return `no permission to read ../shared/${folder}`;
  }
  try {
    Deno.statSync(path);
    return null;
  } catch {
    return `../shared/${folder} is not there`;
  }
}

function pathIn(folder: string, path: string): string {
  return decodeURIComponent(new URL(`${folder}/${path}`, shared).pathname);
}

/** A test that needs real files; skipped, with the reason in its name, where they are absent. */
function testOn(folder: string, name: string, body: () => void | Promise<void>): void {
  const reason = whyMissing(folder);
  Deno.test({
    name: reason === null ? name : `${name} (skipped: ${reason})`,
    ignore: reason !== null,
    fn: body,
  });
}

/** Path of a file or folder of the real data, e.g. `realData("wider/wider_face_split")`. */
export function realData(path: string): string {
  return pathIn("data", path);
}

/** Why the real data cannot be used here, or `null` when they can. */
export const realDataMissing: string | null = whyMissing("data");

/** A test that needs the real data; skipped, with the reason in its name, where they are absent. */
export function testOnRealData(name: string, body: () => void | Promise<void>): void {
  testOn("data", name, body);
}

/** Keras' MobileNetV2 0.35 with ImageNet weights, in the TF.js layers format. */
export const IMAGENET_MODEL = pathIn("weights", "mobilenet_v2_0.35_224_imagenet/model.json");

/** A test that needs {@linkcode IMAGENET_MODEL}; skipped, with the reason, where it is absent. */
export function testOnImageNetWeights(name: string, body: () => void | Promise<void>): void {
  testOn("weights/mobilenet_v2_0.35_224_imagenet", name, body);
}

/** YuNet, as its authors give it. */
export const YUNET = pathIn("peers", "yunet_n.onnx");

/** Why {@linkcode YUNET} cannot be used here, or `null` when it can. */
export const yunetMissing: string | null = whyMissing("peers/yunet_n.onnx");

/** A test that needs {@linkcode YUNET}; skipped, with the reason, where it is absent. */
export function testOnYunet(name: string, body: () => void | Promise<void>): void {
  testOn("peers/yunet_n.onnx", name, body);
}
