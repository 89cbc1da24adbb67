/** What a layer does, in the order of `LAYER_OPS` in `chain_records.ts`. */
export const POINTWISE = 0, DENSE = 1, DEPTHWISE = 2, SUM = 3;

/**
 * A layer of a chain, as `chain_records.ts` writes it: a convolution with its bias and clamp, or a sum
 * with its clamp.
 */
// @ts-ignore: decorator
@unmanaged
export class Layer {
  op: i32;
  kernel: i32;
  stride: i32;
  padTop: i32;
  padLeft: i32;
  height: i32;
  width: i32;
  channels: i32;
  outHeight: i32;
  outWidth: i32;
  outChannels: i32;
  /** Dense: panels as `multiply` takes them; depthwise: as `depthwiseRows` does. */
  weights: usize;
  /** What a sum adds, or what is added to a dense convolution's sums; all rows. 0 where there is none. */
  added: usize;
  /** Where its rows go: row r to place r modulo `places`. */
  output: usize;
  places: i32;
  /** 1 if it gives the largest of every 2 × 2 pixels: a depthwise convolution that slides may. */
  pooled: i32;
  /** It gives at most so many rows at a time. */
  rows: i32;
  /** So many rows it has given. */
  ready: i32;
  low: f32;
  high: f32;
}

/** Bytes of an input row. */
export function inputRowBytes(layer: Layer): usize {
  return <usize> (layer.width * layer.channels) << 2;
}

/** Bytes of a row that it gives. */
export function outputRowBytes(layer: Layer): usize {
  const width = layer.pooled != 0 ? (layer.outWidth + 1) >> 1 : layer.outWidth;
  return <usize> (width * layer.outChannels) << 2;
}
