/**
 * How often and how large a network gets to see a photo: whole, in overlapping tiles, at several
 * sizes, mirrored.
 *
 * Tiles come as a pyramid: the photo at its finest size, cut into tiles; at about half of that size,
 * cut into fewer; and so on until it fits into one. So a face is whole in some tile whatever its
 * size: one that is longer than the overlap of two tiles is half as long a level higher.
 *
 * @module
 */
import type { View } from "../geometry/view.ts";
import type { Size } from "../image/image.ts";
import type { InputSpec } from "../models/detector_model.ts";

/** Which looks are taken at a photo. */
export interface LookOptions {
  /**
   * Photos larger than this are looked at in tiles, too: side of a tile in pixels of the photo, or
   * `"auto"`, the size that suits the network. A network that takes one size only is shown
   * each tile at that size. Default: no tiles.
   */
  readonly tile?: number | "auto" | undefined;
  /**
   * By which part of their side tiles overlap at least, in [0, 0.9].
   *
   * @default {0.25}
   */
  readonly tileOverlap?: number;
  /**
   * Sizes at which the photo (each level of tiles) is looked at, as factors > 0. A network that takes
   * one size only sees what is then too large for it in tiles.
   *
   * @default {[1]}
   */
  readonly scales?: readonly number[];
  /**
   * Look at everything mirrored, too.
   *
   * @default {false}
   */
  readonly flip?: boolean;
}

/** As much of a network's input as the choice of looks needs. */
export type InputSize = Pick<InputSpec, "size" | "multipleOf">;

/** Defaults of {@linkcode LookOptions}. */
export const ONE_LOOK = { tileOverlap: 0.25, scales: [1], flip: false } as const;

/** What a network is shown at once at most, in pixels; `undefined` = anything. */
function frameOf({ size, multipleOf }: InputSize, tile: LookOptions["tile"]): Size | undefined {
  if (multipleOf === null || tile === "auto") return size;
  if (tile === undefined) return undefined;
  const side = Math.ceil(tile / multipleOf) * multipleOf;
  return { width: side, height: side };
}

/** Factors from `fine` down to `fit`, evenly spread and at most 2 apart. */
function pyramid(fine: number, fit: number): number[] {
  if (fine <= fit) return [Math.min(fine, fit)];
  const steps = Math.ceil(Math.log2(fine / fit));
  return Array.from({ length: steps + 1 }, (_, i) => fine * (fit / fine) ** (i / steps));
}

/** The sizes at which all of the photo is looked at, as factors. */
function scalesOf(photo: Size, input: InputSize, tile: LookOptions["tile"]): number[] {
  const frame = frameOf(input, tile);
  if (frame === undefined) return [1];
  const fit = Math.min(frame.width / photo.width, frame.height / photo.height);
  if (input.multipleOf !== null) return pyramid(1, fit);
  if (tile === undefined) return [fit];
  const fine = tile === "auto" ? 1 : frame.width / tile;
  return pyramid(Math.max(fine, fit), fit);
}

/** Where the tiles of one axis begin and how long they are, in pixels of the photo. */
interface Cuts {
  readonly starts: readonly number[];
  readonly length: number;
  /** Length of a tile as it is shown. */
  readonly out: number;
}

/** Cuts along one axis: `length` pixels of the photo, shown `scale` times as long. */
function cutsOf(
  length: number,
  scale: number,
  { frame, multipleOf }: { frame: number | undefined; multipleOf: number | null },
  overlap: number,
): Cuts {
  const shown = Math.max(1, Math.round(length * scale));
  if (frame === undefined || shown <= frame) {
    // All of it: in the middle of a frame that has one size, as `letterbox` has it, else with a border
    // at the end.
    if (multipleOf === null) {
      const seen = frame! / scale;
      return { starts: [(length - seen) / 2], length: seen, out: frame! };
    }
    const out = Math.ceil(shown / multipleOf) * multipleOf;
    return { starts: [0], length: out * length / shown, out };
  }
  const tile = frame / scale;
  const count = Math.ceil((shown - overlap * frame) / (frame - overlap * frame));
  const starts = Array.from({ length: count }, (_, i) => i * (length - tile) / (count - 1));
  return { starts, length: tile, out: frame };
}

/**
 * The looks to take at a photo, each as a view of the photo in a size that the network takes.
 *
 * @param photo Size of the photo, in pixels.
 * @param input What the network takes.
 */
export function looksAt(photo: Size, input: InputSize, options: LookOptions = {}): View[] {
  const { tile, tileOverlap, scales, flip } = { ...ONE_LOOK, ...options };
  const frame = frameOf(input, tile), { multipleOf } = input;
  const factors = scalesOf(photo, input, tile).flatMap((level) => scales.map((s) => s * level));
  const views = [...new Set(factors)].flatMap((scale): View[] => {
    const across = cutsOf(photo.width, scale, { frame: frame?.width, multipleOf }, tileOverlap);
    const down = cutsOf(photo.height, scale, { frame: frame?.height, multipleOf }, tileOverlap);
    return down.starts.flatMap((y) =>
      across.starts.map((x) => ({
        ...{ x, y, width: across.length, height: down.length },
        ...{ outWidth: across.out, outHeight: down.out },
      }))
    );
  });
  return flip ? views.flatMap((view) => [view, { ...view, flip: true }]) : views;
}
