/**
 * Finds the faces in a photo: bytes or pixels in, boxes in the photo's own pixels out.
 *
 * @module
 */
import type { ActiveDevice } from "../backends/active_device.ts";
import { decodeImage } from "../codec/decode.ts";
import { clipBoxes } from "../geometry/boxes.ts";
import { type Face, type FaceBox, toFaces } from "../geometry/faces.ts";
import { letterbox, padded } from "../geometry/letterbox.ts";
import { boxesFromView, magnified, type View, wholeView } from "../geometry/view.ts";
import { channelsOf, type Image, type Size } from "../image/image.ts";
import { downscale, downscaledSize } from "../image/resample.ts";
import type { DetectionDefaults, Detections, InferenceModel } from "../models/detector_model.ts";
import { assertModelName, DEFAULT_MODEL, type ModelName } from "../models/registry.ts";
import { embeddedModel } from "../weights/embedded.ts";
import { decodeModel } from "../weights/model_file.ts";
import { type LookOptions, looksAt } from "./looks.ts";
import { type Found, foundIn, mergeLooks } from "./merge_looks.ts";
import { type DetectorDevice, type Runner, startRunner } from "./runner.ts";

export type { Face, FaceBox, LookOptions };

/** A photo: an encoded file (JPEG, PNG, WebP, GIF, BMP), or pixels as RGB or RGBA. */
export type ImageSource = Uint8Array | ArrayBuffer | Blob | Response | Image;

/** Where weights come from: a model file's bytes, its address, or a stream of it. */
export type WeightsSource = Uint8Array | ArrayBuffer | URL | ReadableStream<Uint8Array>;

/** What {@linkcode Detector.detect} reports. */
export interface DetectOptions extends LookOptions {
  /** Faces scored below this are left out, in [0, 1]. Default: what suits the model, 0.6 for `edge`. */
  readonly scoreThreshold?: number;
  /** Of two boxes that overlap by more than this IoU the better one stays. Default 0.45. */
  readonly nmsThreshold?: number;
  /** At most this many faces, the surest first. Default 1000. */
  readonly maxFaces?: number;
  /**
   * The photo's long side is cut to this many pixels before detection; `Infinity` = it is not.
   * Default: what suits the model, 1024 for `edge`; with `tile`, `Infinity`.
   */
  readonly maxSide?: number;
}

/** How {@linkcode createDetector} makes a detector. The {@linkcode DetectOptions} become defaults. */
export interface DetectorOptions extends DetectOptions {
  /** Which model. Default: the one the weights belong to, `"edge"` when none are given. */
  readonly model?: ModelName;
  /** The weights. Default: the ones that ship with the model. */
  readonly weights?: WeightsSource;
  /**
   * Where to compute. Default `"auto"`: this library's own engine (a CPU with WebAssembly SIMD); where
   * that cannot run the model, whatever tfjs has. The others are tfjs' and loaded when asked for.
   */
  readonly device?: DetectorDevice | "auto";
  /**
   * The engine's kernels, compiled, for runtimes that forbid to compile at run time. Default: the
   * fastest build that this runtime can run, compiled now.
   */
  readonly engineModule?: WebAssembly.Module;
}

// 0.45: vedadet's NMS threshold for TinaFace, and what the peers were measured with.
const DEFAULTS = { nmsThreshold: 0.45, maxFaces: 1000 } as const;

/** Options that always have a value in the end. */
type Settings = DetectionDefaults & Readonly<Record<keyof typeof DEFAULTS, number>>;

/** A larger picture would hardly fit into memory, and enlarging shows nothing new. */
const MAX_SCALE = 16;

/**
 * Makes a detector. With the weights that ship with the model it needs no permission.
 *
 * Throws a `SyntaxError` when the weights are not a model file, a `RangeError` for an unknown model
 * or one that the weights do not belong to, a `WeightsMismatchError` when weights and network differ,
 * a `DeviceUnavailableError` when the wanted device cannot be had.
 *
 * @example Faces of a photo
 * ```ts
 * import { createDetector } from "@tinyface/tinyface";
 *
 * using detector = await createDetector();
 * const grey = { width: 64, height: 48, data: new Uint8Array(64 * 48 * 3).fill(127) };
 * const faces = await detector.detect(grey, { scoreThreshold: 0.9 });
 * for (const { box, score } of faces) console.log(box.x, box.y, box.width, box.height, score);
 * ```
 */
export async function createDetector(options: DetectorOptions = {}): Promise<Detector> {
  const { model, weights, device = "auto", engineModule, ...defaults } = options;
  checkOptions(defaults);
  if (model !== undefined) assertModelName(model);
  const bytes = weights === undefined
    ? await embeddedModel(model ?? DEFAULT_MODEL)
    : await readSource(weights);
  const loaded = decodeModel(bytes, model);
  return new Detector(loaded.model, await startRunner(loaded, device, engineModule), defaults);
}

/** Finds faces. Made by {@linkcode createDetector}; holds memory until it is disposed. */
export class Detector implements Disposable {
  /** Where it computes, and why there. */
  readonly device: ActiveDevice<DetectorDevice>;
  #model: InferenceModel;
  #runner: Runner;
  #defaults: DetectOptions;
  #disposed = false;

  /** For the library's own use; call {@linkcode createDetector}. */
  constructor(model: InferenceModel, runner: Runner, defaults: DetectOptions = {}) {
    this.device = runner.device;
    this.#model = model;
    this.#runner = runner;
    this.#defaults = defaults;
  }

  /** Name of its model. */
  get model(): string {
    return this.#model.name;
  }

  /** The one size that its network takes; `undefined` when it takes any. */
  get inputSize(): Size | undefined {
    const { size, multipleOf } = this.#model.input;
    return multipleOf === null ? size : undefined;
  }

  /**
   * Finds the faces in a photo.
   *
   * The EXIF orientation of an encoded photo is honoured: boxes are in pixels of the upright photo.
   *
   * @returns Faces, the surest first.
   * Throws an `ImageDecodeError` when the photo cannot be read, a `TypeError` when pixels do not fit
   * their size, a `RangeError` for an option out of range; the detector stays usable.
   */
  async detect(source: ImageSource, options: DetectOptions = {}): Promise<Face[]> {
    if (this.#disposed) throw new TypeError("Cannot detect faces: the detector is disposed");
    checkOptions(options);
    const { scoreThreshold, nmsThreshold, maxFaces, maxSide, ...looks } = this.#settings(options);
    const image = await readImage(source);
    const seen = downscaledSize(image, maxSide);
    // A network of one size may enlarge what was cut down, which is more than another view.
    const isCopied = this.#model.input.multipleOf === null && seen.width < image.width;
    const shown = isCopied ? downscale(image, maxSide) : image;
    const found: Found[] = [];
    for (const view of this.#looksAt(seen, looks)) {
      const shownView = magnified(view, shown.width / seen.width, shown.height / seen.height);
      found.push(foundIn(await this.#run(shown, shownView), view, seen, scoreThreshold));
    }
    const { boxes, scores } = mergeLooks(found, { iouThreshold: nmsThreshold, maxBoxes: maxFaces });
    const inPhoto = boxesFromView(boxes, wholeView(image, seen));
    return toFaces(clipBoxes(inPhoto, image.width, image.height), scores)
      .filter(({ box }) => box.width > 0 && box.height > 0);
  }

  /** The options of a call with what the detector was made with, and what suits its model. */
  #settings(options: DetectOptions): DetectOptions & Settings {
    const wanted = { ...this.#defaults, ...options };
    const uncut = wanted.tile === undefined ? {} : { maxSide: Infinity };
    return { ...DEFAULTS, ...this.#model.defaults, ...uncut, ...wanted };
  }

  /** What the network gets to see of a photo of this size. */
  #looksAt(photo: Size, looks: LookOptions): View[] {
    const { input, defaults: { maxSide } } = this.#model, { size, multipleOf } = input;
    if (looks.tile === undefined && looks.scales === undefined && !looks.flip) {
      return [multipleOf === null ? letterbox(photo, size) : padded(photo, multipleOf)];
    }
    const good = multipleOf === null ? size : { width: maxSide, height: maxSide };
    return looksAt(photo, { size: good, multipleOf }, looks);
  }

  /** Boxes of a view before NMS, in pixels of the view. */
  async #run(image: Image, view: View): Promise<Detections> {
    const outputs = await this.#runner.run(image, view);
    return this.#model.decode(outputs, { width: view.outWidth, height: view.outHeight });
  }

  /** Frees the memory; the detector cannot be used after it. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#runner.dispose();
  }

  /** Frees the memory at the end of a `using` block. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

function checkOptions(options: DetectOptions): void {
  const { scoreThreshold, nmsThreshold, maxFaces, maxSide, tile, tileOverlap, scales } = options;
  const check = (name: string, value: number | undefined, isGood: boolean, expected: string) => {
    if (value === undefined || isGood) return;
    throw new RangeError(`Cannot detect faces: ${name} is "${value}", not ${expected}`);
  };
  for (const [name, value] of Object.entries({ scoreThreshold, nmsThreshold })) {
    check(name, value, value! >= 0 && value! <= 1, "in 0 … 1");
  }
  for (const [name, value] of Object.entries({ maxFaces, maxSide })) {
    const isCount = Number.isInteger(value) || value === Infinity;
    check(name, value, isCount && value! > 0, "a positive integer");
  }
  const side = tile === "auto" ? undefined : tile;
  check("tile", side, Number.isInteger(side) && side! > 0, "a positive integer");
  check("tileOverlap", tileOverlap, tileOverlap! >= 0 && tileOverlap! <= 0.9, "in 0 … 0.9");
  for (const scale of scales ?? []) {
    check("one of scales", scale, scale > 0 && scale <= MAX_SCALE, `in 0 … ${MAX_SCALE}`);
  }
  if (scales?.length === 0) throw new RangeError("Cannot detect faces: there are no scales");
}

async function readImage(source: ImageSource): Promise<Image> {
  if ("width" in source) {
    channelsOf(source);
    return source;
  }
  return await decodeImage(await readSource(source));
}

async function readSource(
  source: WeightsSource | Blob | Response,
): Promise<Uint8Array<ArrayBuffer>> {
  if (source instanceof Uint8Array) return new Uint8Array(source);
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  if (source instanceof ReadableStream) return await readSource(new Response(source as BodyInit));
  if (source instanceof URL) {
    const response = await fetch(source);
    if (!response.ok) {
      throw new TypeError(`Cannot fetch "${source}": the server answered "${response.status}"`);
    }
    return await readSource(response);
  }
  return new Uint8Array(await source.arrayBuffer());
}
