/**
 * Whole detectors, as somebody meets them who wants the faces of a photo: what is to be imported,
 * how it is set up, and what is called. Each runs on one thread, with the defaults of its authors
 * except where a comment says so. Nothing is loaded before it is asked for.
 *
 * @module
 */
import type { Image } from "../lib/image/image.ts";
import { pathOfPeer, requirePeer } from "./installed_peers.ts";

/** What they look at. */
export interface Photo {
  /** Its pixels, RGBA. */
  readonly pixels: Image;
  /** The same picture as a JPEG file. */
  readonly jpeg: Uint8Array<ArrayBuffer>;
}

/** Finds the faces of the photo and tells how many there are. */
export type Detect = () => Promise<number>;

/** A detector to measure. */
export interface Contestant {
  /** A file that it cannot do without, if it is not part of the repository. */
  readonly needs?: string;
  /** Imports the detector and makes it ready. */
  readonly load: (photo: Photo) => Promise<Detect>;
}

const BUNDLE = "dist/tinyface.js", YUNET = "data/peers/yunet_n.onnx";
const HUMAN = pathOfPeer("@vladmandic/human/dist/human.node-wasm.js");
const FACE_API = pathOfPeer("@vladmandic/face-api/dist/face-api.node-wasm.js");
const FACE_API_MODELS = pathOfPeer("@vladmandic/face-api/model");
const TFJS_WASM = pathOfPeer("@tensorflow/tfjs-backend-wasm/dist/");

/** Its files come without one. */
const YUNET_THRESHOLD = 0.5;

async function tinyface(module: string, photo: Image | Uint8Array<ArrayBuffer>): Promise<Detect> {
  const { createDetector } = await import(module) as typeof import("../mod.ts");
  const detector = await createDetector();
  return async () => (await detector.detect(photo)).length;
}

async function human({ pixels }: Photo): Promise<Detect> {
  const { Human } = requirePeer(HUMAN);
  const off = { enabled: false };
  const human = new Human({
    backend: "wasm",
    wasmPath: TFJS_WASM,
    modelBasePath: `file://${pathOfPeer("@vladmandic/human/models/")}`,
    // It would find one face, and in the same photo or soon after another look nowhere but there.
    face: {
      detector: { maxDetected: 100, skipFrames: 0, skipTime: 0 },
      ...{ mesh: off, attention: off, iris: off, description: off, emotion: off },
      ...{ antispoof: off, liveness: off },
    },
    cacheSensitivity: 0,
    ...{ filter: off, gesture: off, body: off, hand: off, object: off, segmentation: off },
  });
  await human.load();
  return async () => {
    const image = human.tf.browser.fromPixels(pixels, 3);
    const { face, error } = await human.detect(image);
    human.tf.dispose(image);
    if (error) throw new Error(error);
    return face.length;
  };
}

async function faceApi(
  { pixels }: Photo,
  network: "tinyFaceDetector" | "ssdMobilenetv1",
): Promise<Detect> {
  const tf = requirePeer("@tensorflow/tfjs");
  requirePeer("@tensorflow/tfjs-backend-wasm").setWasmPaths(TFJS_WASM);
  await tf.setBackend("wasm");
  const api = requirePeer(FACE_API);
  await api.nets[network].loadFromDisk(FACE_API_MODELS);
  const options = network === "tinyFaceDetector"
    ? new api.TinyFaceDetectorOptions()
    : new api.SsdMobilenetv1Options();
  return async () => {
    const image = tf.browser.fromPixels(pixels, 3);
    const { length } = await api.detectAllFaces(image, options);
    tf.dispose(image);
    return length;
  };
}

async function yunet({ pixels }: Photo): Promise<Detect> {
  const { loadPeer, PEERS } = await import("./peer_detectors.ts");
  const detect = await loadPeer(await Deno.readFile(YUNET), PEERS.yunet_n!, YUNET_THRESHOLD);
  return async () => (await detect(pixels)).length;
}

/** The detectors by name; the first is what the others are compared with. */
export const CONTESTANTS: Readonly<Record<string, Contestant>> = {
  "tinyface, mod.ts": { load: ({ pixels }) => tinyface("../mod.ts", pixels) },
  "tinyface, dist/tinyface.js": {
    needs: BUNDLE,
    load: ({ pixels }) => tinyface(`../${BUNDLE}`, pixels),
  },
  "… from the JPEG file": { needs: BUNDLE, load: ({ jpeg }) => tinyface(`../${BUNDLE}`, jpeg) },
  "onnxruntime-web 1.30, YuNet_n": { needs: YUNET, load: yunet },
  "human 3.3.6, BlazeFace 256": { needs: HUMAN, load: human },
  "face-api 1.7.15, tiny 416": {
    needs: FACE_API,
    load: (photo) => faceApi(photo, "tinyFaceDetector"),
  },
  "face-api 1.7.15, SSD MobileNet 512": {
    needs: FACE_API,
    load: (photo) => faceApi(photo, "ssdMobilenetv1"),
  },
};
