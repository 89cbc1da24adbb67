// The unit of work: layers one after the other, each of which gives a few rows at a time, as soon as
// the one before it has given those under their windows. Of what lies between two layers there are
// only as many rows as the second one still needs, which stay in the cache: activations are by far
// larger than that.
//
// What a chain is made of lies in memory as records of 32-bit numbers, written by `chain_records.ts`.
import { denseWindowRow, pointwiseRows } from "./dense";
import { depthwiseRows, poolRows } from "./depthwise";
import { add } from "./elementwise";
import { DENSE, DEPTHWISE, inputRowBytes, Layer, outputRowBytes, POINTWISE } from "./layer";

/** A chain; the buffers that it does not need are 0. */
// @ts-ignore: decorator
@unmanaged
class Chain {
  /** The first of its layers; the others follow. */
  layers: usize;
  count: i32;
  /** All rows that the first layer reads. */
  input: usize;
  /** Unrolled patches of a dense convolution with a window, `patchPixels` of them. */
  patches: usize;
  patchPixels: i32;
  /** Addresses of input rows, as many as lie under two rows of a depthwise convolution. */
  table: usize;
  /** A row of zeros, for depthwise windows that reach over the upper or lower edge. */
  zeros: usize;
  zeroBytes: usize;
}

function layerAt(c: Chain, i: i32): Layer {
  return changetype<Layer>(c.layers + <usize> i * offsetof<Layer>());
}

/** Where that lies which is added to a layer's next rows; 0 where nothing is. */
function addedTo(d: Layer): usize {
  return d.added == 0 ? 0 : d.added + <usize> d.ready * outputRowBytes(d);
}

/** Rows up to `end` of a 1×1 convolution of the rows at `input`, which has `places` of them. */
function advancePointwise(d: Layer, input: usize, places: i32, end: i32): void {
  const from = inputRowBytes(d), to = outputRowBytes(d);
  while (d.ready < end) {
    const place = d.ready % d.places, under = d.ready % places;
    const count = min(end - d.ready, min(d.places - place, places - under));
    const x = input + <usize> under * from, y = d.output + <usize> place * to;
    pointwiseRows(d, x, count, y, addedTo(d));
    d.ready += count;
  }
}

/** Rows up to `end` of a dense convolution with a window; all of its input is there. */
function advanceDense(c: Chain, d: Layer, input: usize, end: i32): void {
  const bytes = outputRowBytes(d);
  for (; d.ready < end; d.ready++) {
    const y = d.output + <usize> (d.ready % d.places) * bytes;
    denseWindowRow(d, input, d.ready, y, addedTo(d), c.patches, c.patchPixels);
  }
}

/** Rows up to `end` of a depthwise convolution of the rows at `input`, which has `places` of them. */
function advanceDepthwise(c: Chain, d: Layer, input: usize, places: i32, end: i32): void {
  const bytes = inputRowBytes(d), to = outputRowBytes(d);
  while (d.ready < end) {
    const rows = min(2, end - d.ready), top = d.ready * d.stride - d.padTop;
    for (let i = 0; i < d.kernel + (rows - 1) * d.stride; i++) {
      const row = top + i, inside = row >= 0 && row < d.height;
      const address = inside ? input + <usize> (row % places) * bytes : c.zeros;
      store<usize>(c.table + <usize> i * sizeof<usize>(), address);
    }
    if (d.pooled != 0) poolRows(d, c.table, rows, d.output + <usize> (d.ready >> 1) * to);
    else {
      const y = d.output + <usize> (d.ready % d.places) * to;
      const below = d.output + <usize> ((d.ready + rows - 1) % d.places) * to;
      depthwiseRows(d, c.table, y, below);
    }
    d.ready += rows;
  }
}

/** Rows up to `end` of the rows at `input`, which has `places` of them, and something else. */
function advanceSum(d: Layer, input: usize, places: i32, end: i32): void {
  const bytes = outputRowBytes(d);
  for (; d.ready < end; d.ready++) {
    const x = input + <usize> (d.ready % places) * bytes;
    const y = d.output + <usize> (d.ready % d.places) * bytes;
    add(x, addedTo(d), y, bytes >> 2, d.low, d.high);
  }
}

/** How many rows a layer can have given, now that it can read `there` rows. */
function reachable(d: Layer, there: i32): i32 {
  const end = there == d.height
    ? d.outHeight
    : min(d.outHeight, max(0, there + d.padTop - d.kernel + d.stride) / d.stride);
  const some = min(end, d.ready + d.rows);
  return d.pooled != 0 && some < d.outHeight ? some & ~1 : some;
}

/** Computes a chain. */
export function runChain(chain: usize): void {
  const c = changetype<Chain>(chain), last = layerAt(c, c.count - 1);
  memory.fill(c.zeros, 0, c.zeroBytes);
  for (let i = 0; i < c.count; i++) layerAt(c, i).ready = 0;
  while (last.ready < last.outHeight) {
    let input = c.input, places = layerAt(c, 0).height, there = places;
    for (let i = 0; i < c.count; i++) {
      const layer = layerAt(c, i), end = reachable(layer, there);
      if (layer.op == POINTWISE) advancePointwise(layer, input, places, end);
      else if (layer.op == DENSE) advanceDense(c, layer, input, end);
      else if (layer.op == DEPTHWISE) advanceDepthwise(c, layer, input, places, end);
      else advanceSum(layer, input, places, end);
      input = layer.output, places = layer.places, there = layer.ready;
    }
  }
}
