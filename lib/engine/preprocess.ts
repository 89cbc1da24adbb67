/**
 * From a photo's pixels to the network's input, inside the engine's memory: the view of
 * `lib/image/resample.ts` and the normalisation of `lib/image/normalise.ts`, a band of rows at a
 * time, so that a photo of any size takes little memory.
 *
 * @module
 */
import type { View } from "../geometry/view.ts";
import { channelsOf, type Image } from "../image/image.ts";
import type { Normalisation } from "../image/normalise.ts";
import { axesOf, type Axis, type Rgb } from "../image/resample.ts";
import { aligned } from "./arena.ts";
import type { Kernels } from "./module.ts";

/** Where to work. */
export interface Workplace {
  readonly memory: WebAssembly.Memory;
  readonly kernels: Kernels;
  /** Address of the input, `[H, W, 3]`, with slack behind it. */
  readonly input: number;
  /** From this address on memory may be used once `reserve` has made it reach far enough. */
  readonly scratch: number;
  reserve(end: number): void;
}

const CHANNELS = 3;
const FLOAT_BYTES = 4;
const WORD_BYTES = 4;
/** Two weights of the horizontal pass in two parts of 16 bits each; the low part has 8 that count. */
const PAIR_BYTES = 8, LOW_BITS = 8, LOW_MASK = 255;
/** A place that no byte has. */
const ZERO = 128;
/** Bytes of the photo that are copied at a time. */
const STAGED_BYTES = 256 << 10;
/** The vertical kernel takes four pixels a turn, and reads 16 bytes for 12. */
const TURN_FLOATS = 12;
const OVERREAD_BYTES = 16;

/** Addresses of the buffers that a photo goes through. */
interface Buffers {
  readonly scale: number;
  readonly shift: number;
  readonly starts: number;
  readonly weights: number;
  readonly places: number;
  readonly rowWeights: number;
  readonly table: number;
  readonly staged: number;
  readonly ring: number;
  readonly end: number;
}

function layOut(from: number, bytes: Readonly<Record<Exclude<keyof Buffers, "end">, number>>) {
  let end = from;
  const addresses = Object.fromEntries(
    Object.entries(bytes).map(([name, size]) => {
      const address = end;
      end += aligned(size + OVERREAD_BYTES);
      return [name, address];
    }),
  );
  return { ...addresses, end } as unknown as Buffers;
}

/** Writes a color to pixels `from … to − 1`. */
function fillPixels(input: Float32Array, color: readonly number[], from: number, to: number): void {
  for (let o = from * CHANNELS; o < to * CHANNELS; o += CHANNELS) {
    input[o] = color[0]!;
    input[o + 1] = color[1]!;
    input[o + 2] = color[2]!;
  }
}

/** Writes an axis' weights as `resampleRows` wants them: pairs, high parts and low parts. */
function writePairs(
  { from, to, count, weights, stride }: Axis,
  view: DataView,
  pairs: number,
): void {
  for (let i = from, at = 0; i < to; i++) {
    const weight = (k: number) => k < count[i]! ? weights[i * stride + k]! : 0;
    for (let k = 0; k < 2 * pairs; k += 2, at += PAIR_BYTES) {
      const first = weight(k), second = weight(k + 1);
      view.setInt32(at, first >> LOW_BITS | second >> LOW_BITS << 16, true);
      view.setInt32(at + WORD_BYTES, first & LOW_MASK | (second & LOW_MASK) << 16, true);
    }
  }
}

/** Where the bytes of two pixels go: words of one channel side by side, their upper halves zero. */
function pairPlaces(channels: number): number[] {
  return [0, 1, 2, 3].flatMap((c) => [c, ZERO, channels + c, ZERO]);
}

const largest = (numbers: Int32Array) => numbers.reduce((a, b) => Math.max(a, b), 0);

/**
 * Writes the network's input: what a view shows of an image, normalised.
 *
 * Throws what `resample` throws.
 */
export function preprocess(
  image: Image,
  view: View,
  { mean, std, fill }: Normalisation & { readonly fill: Rgb },
  { memory, kernels, input, scratch, reserve }: Workplace,
): void {
  const channels = channelsOf(image);
  const { horizontal, vertical } = axesOf(image, view);
  const { outWidth: width, outHeight: height } = view;
  const scale = std.map((s) => 1 / s), shift = mean.map((m, c) => -m / std[c]!);
  const color = fill.map((value, c) => value * scale[c]! + shift[c]!);
  const isEmpty = horizontal.from >= horizontal.to || vertical.from >= vertical.to;
  const fillInput = (from: number, to: number) => {
    fillPixels(new Float32Array(memory.buffer, input), color, from, to);
  };
  if (isEmpty) return fillInput(0, height * width);

  const shownWidth = horizontal.to - horizontal.from;
  const rowBytes = shownWidth * CHANNELS, photoRowBytes = image.width * channels;
  const stagedRows = Math.max(1, Math.floor(STAGED_BYTES / photoRowBytes));
  const ringRows = largest(vertical.count) + stagedRows;
  const pitch = aligned(rowBytes + OVERREAD_BYTES);
  const pairs = Math.ceil(largest(horizontal.count) / 2);
  const buffers = layOut(scratch, {
    scale: TURN_FLOATS * FLOAT_BYTES,
    shift: TURN_FLOATS * FLOAT_BYTES,
    starts: shownWidth * WORD_BYTES,
    weights: shownWidth * pairs * PAIR_BYTES,
    places: 16,
    rowWeights: vertical.weights.byteLength,
    table: vertical.stride * WORD_BYTES,
    staged: stagedRows * photoRowBytes + 2 * pairs * channels,
    ring: ringRows * pitch,
  });
  reserve(buffers.end);

  const bytes = new Uint8Array(memory.buffer);
  const words = new Int32Array(memory.buffer), floats = new Float32Array(memory.buffer);
  for (let i = 0; i < TURN_FLOATS; i++) {
    floats[buffers.scale / FLOAT_BYTES + i] = scale[i % CHANNELS]!;
    floats[buffers.shift / FLOAT_BYTES + i] = shift[i % CHANNELS]!;
  }
  const { from, to } = horizontal;
  words.set(horizontal.start.subarray(from, to), buffers.starts / WORD_BYTES);
  writePairs(horizontal, new DataView(memory.buffer, buffers.weights), pairs);
  words.set(vertical.weights, buffers.rowWeights / WORD_BYTES);

  bytes.set(pairPlaces(channels), buffers.places);

  const last = vertical.to - 1, lastRow = vertical.start[last]! + vertical.count[last]!;
  let loaded = vertical.start[vertical.from]!;
  const load = (end: number) => {
    while (loaded < end) {
      const slot = loaded % ringRows;
      const rows = Math.min(stagedRows, lastRow - loaded, ringRows - slot);
      const first = loaded * photoRowBytes;
      bytes.set(image.data.subarray(first, first + rows * photoRowBytes), buffers.staged);
      // deno-fmt-ignore
      kernels.resampleRows(buffers.staged, photoRowBytes, channels, rows, buffers.starts,
        pairs, buffers.weights, buffers.places, shownWidth, buffers.ring + slot * pitch, pitch);
      loaded += rows;
    }
  };
  fillInput(0, vertical.from * width);
  for (let y = vertical.from; y < vertical.to; y++) {
    const top = vertical.start[y]!, taps = vertical.count[y]!;
    load(top + taps);
    for (let tap = 0; tap < taps; tap++) {
      words[buffers.table / WORD_BYTES + tap] = buffers.ring + (top + tap) % ringRows * pitch;
    }
    const row = y * width, tapWeights = buffers.rowWeights + y * vertical.stride * WORD_BYTES;
    const out = input + (row + from) * CHANNELS * FLOAT_BYTES;
    // deno-fmt-ignore
    kernels.resampleColumns(buffers.table, tapWeights, taps, rowBytes, buffers.scale, buffers.shift,
      out);
    // The kernel may have written past its row: what is right of it comes after it.
    fillInput(row, row + from);
    fillInput(row + to, row + width);
  }
  fillInput(vertical.to * width, height * width);
}
