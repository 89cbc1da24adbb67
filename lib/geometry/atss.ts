/**
 * Adaptive training sample selection: how much an anchor must overlap a face to answer for it
 * follows from the face itself.
 *
 * Reference: Zhang et al. 2020, arXiv 1912.02424, algorithm 1 (the nine nearest places of each level,
 * threshold = mean + standard deviation of their overlaps, centre inside the face). NOTE: the paper
 * leaves a face without an anchor when no centre lies in it; here the best candidate answers for it,
 * because every second face of WIDER FACE is smaller than two strides.
 *
 * @module
 */
import { anchorSizes } from "./anchors.ts";
import { type AssignInput, type Assignment, BACKGROUND, IGNORED } from "./assigner.ts";
import { boxCount, type Boxes, iou } from "./boxes.ts";

/** Places a level that a face considers: a square of three by three. */
const REACH = 1;

/** An anchor that may answer for a face. */
interface Candidate {
  readonly anchor: number;
  readonly overlap: number;
  /** Whether its centre lies in the face. */
  readonly inside: boolean;
}

/** Gives each face the anchors near its centre that overlap it more than most of those do. */
export function assignAtss(input: AssignInput): Assignment {
  const { ignore, anchors } = input;
  const assignment = new Int32Array(boxCount(anchors)).fill(BACKGROUND);
  const best = new Float32Array(assignment.length);
  for (let face = 0; face < ignore.length; face++) {
    if (ignore[face] === 1) continue;
    for (const { anchor, overlap } of chosen(candidatesFor(input, face))) {
      if (assignment[anchor] !== BACKGROUND && overlap <= best[anchor]!) continue;
      assignment[anchor] = face;
      best[anchor] = overlap;
    }
  }
  ignoreWithin(input, assignment);
  return assignment;
}

/** The candidates that answer: all above the threshold, or else the best one. */
function chosen(candidates: readonly Candidate[]): Candidate[] {
  const overlaps = candidates.map(({ overlap }) => overlap);
  const mean = overlaps.reduce((sum, x) => sum + x, 0) / overlaps.length;
  const variance = overlaps.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (overlaps.length - 1);
  const threshold = mean + Math.sqrt(variance);
  const passing = candidates.filter(({ overlap, inside }) => inside && overlap >= threshold);
  if (passing.length > 0) return passing;
  return [candidates.reduce((a, b) => b.overlap > a.overlap ? b : a)];
}

/** The anchors of the places nearest to the centre of a face, level by level. */
function candidatesFor({ faces, anchors, levels, layout }: AssignInput, face: number): Candidate[] {
  const [x1, y1, x2, y2] = faces.subarray(4 * face);
  const perCell = layout.scales.length;
  const candidates: Candidate[] = [];
  let first = 0;
  for (const { stride, grid } of levels) {
    const place = (low: number, high: number, cells: number) =>
      Math.min(Math.max(Math.round((low + high) / 2 / stride - layout.centre), 0), cells - 1);
    const column = place(x1!, x2!, grid.width), row = place(y1!, y2!, grid.height);
    for (let r = row - REACH; r <= row + REACH; r++) {
      for (let c = column - REACH; c <= column + REACH; c++) {
        if (r < 0 || c < 0 || r >= grid.height || c >= grid.width) continue;
        const x = (c + layout.centre) * stride, y = (r + layout.centre) * stride;
        const inside = x > x1! && x < x2! && y > y1! && y < y2!;
        for (let k = 0; k < perCell; k++) {
          const anchor = first + (r * grid.width + c) * perCell + k;
          candidates.push({ anchor, overlap: iou(anchors, anchor, faces, face), inside });
        }
      }
    }
    first += grid.width * grid.height * perCell;
  }
  return candidates;
}

/** Anchors centred on an ignored face of about their size are neither face nor background. */
function ignoreWithin(
  { faces, ignore, levels, layout }: AssignInput,
  assignment: Assignment,
): void {
  const ignored = Array.from(ignore.keys()).filter((face) => ignore[face] === 1);
  if (ignored.length === 0) return;
  let anchor = 0;
  for (const { stride, grid } of levels) {
    const smallest = Math.min(...anchorSizes(stride, layout).map(({ height }) => height));
    const near = ignored.filter((face) => {
      const [, top, , bottom] = faces.subarray(4 * face);
      return stride === levels[0]!.stride || bottom! - top! > smallest / 2;
    });
    for (let row = 0; row < grid.height; row++) {
      for (let column = 0; column < grid.width; column++) {
        const x = (column + layout.centre) * stride, y = (row + layout.centre) * stride;
        const inIgnored = near.some((face) => contains(faces, face, x, y));
        for (let k = 0; k < layout.scales.length; k++, anchor++) {
          if (inIgnored && assignment[anchor] === BACKGROUND) assignment[anchor] = IGNORED;
        }
      }
    }
  }
}

function contains(boxes: Boxes, i: number, x: number, y: number): boolean {
  const [x1, y1, x2, y2] = boxes.subarray(4 * i);
  return x >= x1! && x <= x2! && y >= y1! && y <= y2!;
}
