// The unit of work: up to three convolutions in a row, dense → depthwise → dense, each of which may
// be missing, or a max pool in place of the last. In between there are only as many rows as the next
// one needs, which stay in the cache: the activations between them are by far the largest of a network
// like MobileNetV2.
//
// What a block is made of lies in memory as records of 32-bit numbers, written by `calls.ts`.
import { movePatches } from "../../kernels/assembly/convolution";
import { depthwiseRow } from "./depthwise";
import { multiply, multiplyPieces } from "./gemm";
import { maxPool } from "./window";

/** A convolution with its bias and clamp. */
// @ts-ignore: decorator
@unmanaged
class Convolution {
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
  /** Dense: panels as `multiply` takes them; depthwise: as `depthwiseRow` does. */
  weights: usize;
  low: f32;
  high: f32;
}

/** A block; the records and buffers that it does not have are 0. */
// @ts-ignore: decorator
@unmanaged
class Block {
  first: usize;
  depthwise: usize;
  last: usize;
  input: usize;
  output: usize;
  /** What is added to the last convolution's sums, of the output's shape. */
  residual: usize;
  /** Rows that the first convolution gives, the newest ones, `ringRows` of them. */
  ring: usize;
  ringRows: i32;
  /** Rows that the depthwise convolution gives, `bandRows` of them. */
  band: usize;
  bandRows: i32;
  /** Unrolled patches of a dense convolution with a window, `patchPixels` of them. */
  patches: usize;
  patchPixels: i32;
  /** Addresses of input rows, as many as the depthwise window has. */
  table: usize;
  /** A row of zeros for the depthwise window at the upper and lower edge. */
  zeros: usize;
  /** Side of the pooling windows. */
  pool: i32;
}

/** Columns `from … to − 1` of an output row of a dense convolution with a window, to y. */
function denseStretch(
  d: Convolution,
  x: usize,
  outY: i32,
  from: i32,
  to: i32,
  y: usize,
  residual: usize,
  patches: usize,
  patchPixels: i32,
): void {
  const channels = <usize> d.channels, columns = <usize> d.outChannels;
  const depth = <usize> (d.kernel * d.kernel) * channels;
  for (let first = from; first < to; first += patchPixels) {
    const count = min(patchPixels, to - first);
    // deno-fmt-ignore
    movePatches(x, d.height, d.width, d.channels, d.kernel, d.kernel, d.stride, d.stride, d.padTop,
      d.padLeft, d.outHeight, d.outWidth, outY * d.outWidth + first, count, patches, false);
    multiply(patches, <usize> count, depth, d.weights, columns, y, residual, d.low, d.high);
    const bytes = <usize> count * (columns << 2);
    y += bytes;
    if (residual != 0) residual += bytes;
  }
}

/** An output row of a dense convolution with a window, to y. */
function denseRow(
  d: Convolution,
  x: usize,
  outY: i32,
  y: usize,
  residual: usize,
  patches: usize,
  patchPixels: i32,
): void {
  const pixel = <usize> d.channels << 2, outPixel = <usize> d.outChannels << 2;
  const top = outY * d.stride - d.padTop, width = d.outWidth;
  // Between these columns windows lie inside the image, and are read where they are.
  let from = 0, to = 0;
  if (top >= 0 && top + d.kernel <= d.height && d.width >= d.kernel) {
    from = min(width, (d.padLeft + d.stride - 1) / d.stride);
    to = max(from, min(width, (d.width - d.kernel + d.padLeft) / d.stride + 1));
  }
  denseStretch(d, x, outY, 0, from, y, residual, patches, patchPixels);
  const middle = <usize> from * outPixel, right = <usize> to * outPixel;
  const first = x + <usize> (top * d.width + from * d.stride - d.padLeft) * pixel;
  // deno-fmt-ignore
  multiplyPieces(first, <usize> d.stride * pixel, <usize> (to - from), <usize> (d.kernel * d.channels),
    <usize> d.kernel, <usize> d.width * pixel, d.weights, <usize> d.outChannels, y + middle,
    residual == 0 ? 0 : residual + middle, d.low, d.high);
  // deno-fmt-ignore
  denseStretch(d, x, outY, to, width, y + right, residual == 0 ? 0 : residual + right, patches,
    patchPixels);
}

/** Rows `from … to − 1` of a dense convolution's output, to y. */
function denseRows(
  d: Convolution,
  x: usize,
  from: i32,
  to: i32,
  y: usize,
  residual: usize,
  patches: usize,
  patchPixels: i32,
): void {
  const width = d.outWidth, channels = <usize> d.channels, columns = <usize> d.outChannels;
  if (d.kernel == 1 && d.stride == 1 && d.outHeight == d.height && d.outWidth == d.width) {
    const rows = x + <usize> (from * width) * (channels << 2);
    // deno-fmt-ignore
    multiply(rows, <usize> ((to - from) * width), channels, d.weights, columns, y, residual, d.low,
      d.high);
    return;
  }
  const rowBytes = <usize> (width * d.outChannels) << 2;
  for (let outY = from; outY < to; outY++) {
    denseRow(d, x, outY, y, residual, patches, patchPixels);
    y += rowBytes;
    if (residual != 0) residual += rowBytes;
  }
}

/** Brings the first convolution's rows up to `end` into the ring; `ready` of them were made before. */
function fillRing(b: Block, ready: i32, end: i32): i32 {
  const d = changetype<Convolution>(b.first);
  const rowBytes = <usize> (d.outWidth * d.outChannels) << 2;
  while (ready < end) {
    const slot = ready % b.ringRows;
    const count = min(end - ready, b.ringRows - slot);
    const to = b.ring + <usize> slot * rowBytes;
    denseRows(d, b.input, ready, ready + count, to, 0, b.patches, b.patchPixels);
    ready += count;
  }
  return ready;
}

/** Row `outY` of the depthwise convolution, to y. */
function depthwiseFrom(b: Block, outY: i32, y: usize): void {
  const d = changetype<Convolution>(b.depthwise);
  const rowBytes = <usize> (d.width * d.channels) << 2;
  const top = outY * d.stride - d.padTop;
  for (let ky = 0; ky < d.kernel; ky++) {
    const row = top + ky;
    let address = b.zeros;
    if (row >= 0 && row < d.height) {
      address = b.first != 0
        ? b.ring + <usize> (row % b.ringRows) * rowBytes
        : b.input + <usize> row * rowBytes;
    }
    store<usize>(b.table + <usize> ky * sizeof<usize>(), address);
  }
  // deno-fmt-ignore
  depthwiseRow(b.table, d.weights, y, d.channels, d.kernel, d.stride, d.padLeft, d.width, d.outWidth,
    d.low, d.high);
}

/** Pools `rows` rows of the band to y. Returns the end of the result. */
function poolBand(b: Block, rows: i32, y: usize): usize {
  const d = changetype<Convolution>(b.depthwise), side = b.pool, channels = <usize> d.outChannels;
  const height = (rows + side - 1) / side, width = (d.outWidth + side - 1) / side;
  maxPool(b.band, y, rows, d.outWidth, channels, side, side, 0, 0, height, width);
  return y + (<usize> (height * width) * channels << 2);
}

/** Computes a block. */
export function runBlock(block: usize): void {
  const b = changetype<Block>(block);
  if (b.depthwise == 0) {
    const d = changetype<Convolution>(b.first);
    denseRows(d, b.input, 0, d.outHeight, b.output, b.residual, b.patches, b.patchPixels);
    return;
  }
  const d = changetype<Convolution>(b.depthwise), last = changetype<Convolution>(b.last);
  const rowBytes = <usize> (d.outWidth * d.outChannels) << 2;
  memory.fill(b.zeros, 0, <usize> (d.width * d.channels) << 2);
  const outBytes = b.last == 0 ? rowBytes : <usize> (last.outWidth * last.outChannels) << 2;
  let pooled = b.output;
  for (let y = 0, ready = 0; y < d.outHeight; y += b.bandRows) {
    const rows = min(b.bandRows, d.outHeight - y);
    if (b.first != 0) {
      const bottom = (y + rows - 1) * d.stride - d.padTop + d.kernel;
      ready = fillRing(b, ready, min(d.height, bottom));
    }
    const output = b.output + <usize> y * outBytes;
    const to = b.last == 0 && b.pool == 0 ? output : b.band;
    for (let i = 0; i < rows; i++) depthwiseFrom(b, y + i, to + <usize> i * rowBytes);
    if (b.pool != 0) pooled = poolBand(b, rows, pooled);
    if (b.last == 0) continue;
    let residual = b.residual;
    if (residual != 0) residual += <usize> y * outBytes;
    // deno-fmt-ignore
    multiply(b.band, <usize> (rows * d.outWidth), d.outChannels, last.weights, last.outChannels,
      output, residual, last.low, last.high);
  }
}
