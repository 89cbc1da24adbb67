/**
 * Chains at one input size: how many rows each of their layers gives at a time. As few as possible are
 * kept in between, so that they stay near the processor; activations as a whole would not.
 *
 * @module
 */
import type { Shape } from "../graph/graph.ts";
import { FLOAT_BYTES } from "./arena.ts";
import type { Chain, Layer, Single, Step } from "./steps.ts";
import { PIXELS, type Windows } from "./windows.ts";

/** Bytes of the rows between the layers of a chain, unless told otherwise: a second-level cache. */
export const CACHE_BYTES = 512 << 10;

/** A depthwise convolution computes two rows at once. */
const LEAST_ROWS = 2;

type Shapes = ReadonlyMap<string, Shape>;

/** How a layer gives its rows. */
export interface Flow {
  /** At most so many at a time. */
  readonly rows: number;
  /** The newest rows that are kept; of the last layer all. */
  readonly places: number;
  /** Bytes of those that are kept for the next layer. */
  readonly bytes: number;
}

/** A chain at one input size. */
export interface Stream extends Chain {
  /** How each of the layers gives its rows. */
  readonly flows: readonly Flow[];
}

/** What is computed at a time at one input size. */
export type SizedStep = Stream | Single;

/** The windows that a layer looks through. */
export function windowsOf({ node }: Layer): Windows {
  return node.op === "add" ? PIXELS : node.attributes;
}

const outputOf = ({ node }: Layer, shapes: Shapes) => shapes.get(node.name)!;

/**
 * The flows of layers of which the last one gives `rows` rows at a time. The others give as many as that
 * takes, and keep those besides that lie under windows which reach further down.
 */
function flowsAt(layers: readonly Layer[], shapes: Shapes, rows: number): Flow[] {
  const flows: Flow[] = [];
  for (let i = layers.length - 1; i >= 0; i--) {
    const shape = outputOf(layers[i]!, shapes), [height, width, channels] = shape;
    const next = layers[i + 1];
    if (!next) {
      flows.unshift({ rows, places: height, bytes: 0 });
      continue;
    }
    const { kernel, stride } = windowsOf(next);
    rows *= stride;
    // A pool takes rows in pairs: one may have to wait.
    const places = Math.min(height, rows + kernel - 1 + (next.pool ? 1 : 0));
    flows.unshift({ rows, places, bytes: places * width * channels * FLOAT_BYTES });
  }
  return flows;
}

const bytesOf = (flows: readonly Flow[]) => flows.reduce((sum, { bytes }) => sum + bytes, 0);

/** The flows of layers: as many rows at a time as fit in the cache, at least two, a power of two. */
function flowsOf(layers: readonly Layer[], shapes: Shapes, cacheBytes: number): Flow[] {
  const [height] = outputOf(layers.at(-1)!, shapes);
  let flows = flowsAt(layers, shapes, LEAST_ROWS);
  for (let rows = 2 * LEAST_ROWS; rows < 2 * height; rows *= 2) {
    const more = flowsAt(layers, shapes, rows);
    if (bytesOf(more) > cacheBytes) break;
    flows = more;
  }
  return flows;
}

/**
 * Steps at one input size, given the shapes of all nodes at it.
 *
 * @param cacheBytes What chains may keep between their layers; more where they need it.
 */
export function sizedSteps(
  steps: readonly Step[],
  shapes: Shapes,
  cacheBytes: number,
): SizedStep[] {
  return steps.map((step) => {
    return step.op === "chain"
      ? { ...step, flows: flowsOf(step.layers, shapes, cacheBytes) }
      : step;
  });
}
