/**
 * Which anchors answer for which face.
 *
 * Reference: tinaface's MaxIoU assigner (vedadet `MaxIoUAssigner`, thresholds 0.35, `min_pos_iou`
 * 0.35, `gt_max_assign_all`), and seed 2's best of the twelve anchors around the centre.
 *
 * @module
 */
import { type AnchorLayout, type AnchorLevel, anchorSizes } from "./anchors.ts";
import { boxCount, type Boxes, iou } from "./boxes.ts";

/** An anchor that answers for no face is background. */
export const BACKGROUND = -1;
/** An anchor on an ignored face is neither face nor background. */
export const IGNORED = -2;

/** Faces and anchors of one image. */
export interface AssignInput {
  /** The faces, in pixels of the input. */
  readonly faces: Boxes;
  /** Flags of the faces: 1 = ignored. */
  readonly ignore: Uint8Array;
  /** The anchors. */
  readonly anchors: Boxes;
  /** Where they lie. */
  readonly levels: readonly AnchorLevel[];
  /** How they are laid out. */
  readonly layout: AnchorLayout;
}

/** The face of each anchor by its index, or {@linkcode BACKGROUND} or {@linkcode IGNORED}. */
export type Assignment = Int32Array;

/** How faces get their anchors, by name. */
export const ASSIGNERS = { "max-iou": assignMaxIou, "best-of-12": assignBest } as const;

/** Name of an assigner. */
export type AssignerName = keyof typeof ASSIGNERS;

/**
 * Every anchor that overlaps a face enough answers for the one it overlaps most; and every face gets
 * at least the anchors that overlap it most, if that is enough, even from a face that comes before it.
 *
 * @param threshold What is enough, IoU.
 */
export function assignMaxIou(input: AssignInput, threshold: number): Assignment {
  const { faces, ignore, anchors } = input;
  const assignment = new Int32Array(boxCount(anchors)).fill(BACKGROUND);
  const best = new Float32Array(assignment.length);
  const bestOfFace = new Float32Array(ignore.length);
  const reached: [anchor: number, overlap: number][][] = [];

  for (let face = 0; face < ignore.length; face++) {
    const own: [number, number][] = reached[face] = [];
    forEachNear(input, face, (anchor) => {
      const overlap = iou(anchors, anchor, faces, face);
      if (overlap < threshold) return;
      own.push([anchor, overlap]);
      bestOfFace[face] = Math.max(bestOfFace[face]!, overlap);
      if (ignore[face] === 1) {
        if (assignment[anchor] === BACKGROUND) assignment[anchor] = IGNORED;
      } else if (assignment[anchor]! < 0 || overlap > best[anchor]!) {
        assignment[anchor] = face;
        best[anchor] = overlap;
      }
    });
  }
  for (let face = 0; face < ignore.length; face++) {
    if (ignore[face] === 1) continue;
    for (const [anchor, overlap] of reached[face]!) {
      // Float32 on both sides, so that equal overlaps are equal.
      if (Math.fround(overlap) === bestOfFace[face]) assignment[anchor] = face;
    }
  }
  return assignment;
}

/**
 * Each face gets one anchor: of those in the cells that hold its centre, one cell a level, the one
 * that overlaps it most, if that is more than the threshold.
 */
export function assignBest(input: AssignInput, threshold: number): Assignment {
  const { faces, ignore, anchors, levels, layout } = input;
  const assignment = new Int32Array(boxCount(anchors)).fill(BACKGROUND);
  const perCell = layout.scales.length;
  for (let face = 0; face < ignore.length; face++) {
    const [x1, y1, x2, y2] = faces.subarray(4 * face);
    let first = 0, best = -1, bestOverlap = threshold;
    for (const { stride, grid } of levels) {
      const column = cellOf((x1! + x2!) / 2, stride, grid.width);
      const row = cellOf((y1! + y2!) / 2, stride, grid.height);
      const cell = first + (row * grid.width + column) * perCell;
      for (let anchor = cell; anchor < cell + perCell; anchor++) {
        const overlap = iou(anchors, anchor, faces, face);
        if (overlap > bestOverlap) [best, bestOverlap] = [anchor, overlap];
      }
      first += grid.width * grid.height * perCell;
    }
    if (best >= 0) assignment[best] = ignore[face] === 1 ? IGNORED : face;
  }
  return assignment;
}

function cellOf(position: number, stride: number, cells: number): number {
  return Math.min(Math.max(Math.floor(position / stride), 0), cells - 1);
}

/** Calls with the index of every anchor that touches a face, without looking at the others. */
function forEachNear(
  { faces, levels, layout }: AssignInput,
  face: number,
  visit: (anchor: number) => void,
): void {
  const [x1, y1, x2, y2] = faces.subarray(4 * face);
  const perCell = layout.scales.length;
  let first = 0;
  for (const { stride, grid } of levels) {
    for (const [k, { width, height }] of anchorSizes(stride, layout).entries()) {
      const [left, right] = cellRange(
        x1! - width / 2,
        x2! + width / 2,
        stride,
        layout.centre,
        grid.width,
      );
      const [top, bottom] = cellRange(
        y1! - height / 2,
        y2! + height / 2,
        stride,
        layout.centre,
        grid.height,
      );
      for (let row = top; row <= bottom; row++) {
        for (let column = left; column <= right; column++) {
          visit(first + (row * grid.width + column) * perCell + k);
        }
      }
    }
    first += grid.width * grid.height * perCell;
  }
}

/** The cells whose anchors are centred between two positions. */
function cellRange(
  low: number,
  high: number,
  stride: number,
  centre: number,
  cells: number,
): [first: number, last: number] {
  return [
    Math.max(0, Math.ceil(low / stride - centre)),
    Math.min(cells - 1, Math.floor(high / stride - centre)),
  ];
}
