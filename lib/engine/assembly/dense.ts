// Rows of a dense convolution, NHWC, with bias, residual and clamp.
import { movePatches } from "../../kernels/assembly/convolution";
import { multiply, multiplyPieces } from "./gemm";
import { Layer } from "./layer";

/** Columns `from … to − 1` of an output row of a convolution with a window, to y. */
function unrolledStretch(
  d: Layer,
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

/**
 * An output row of a convolution with a window, to y. `patches` has room for `patchPixels` windows that
 * reach over the edge.
 */
export function denseWindowRow(
  d: Layer,
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
  unrolledStretch(d, x, outY, 0, from, y, residual, patches, patchPixels);
  const middle = <usize> from * outPixel, right = <usize> to * outPixel;
  const first = x + <usize> (top * d.width + from * d.stride - d.padLeft) * pixel;
  // deno-fmt-ignore
  multiplyPieces(first, <usize> d.stride * pixel, <usize> (to - from), <usize> (d.kernel * d.channels),
    <usize> d.kernel, <usize> d.width * pixel, d.weights, <usize> d.outChannels, y + middle,
    residual == 0 ? 0 : residual + middle, d.low, d.high);
  // deno-fmt-ignore
  unrolledStretch(d, x, outY, to, width, y + right, residual == 0 ? 0 : residual + right, patches,
    patchPixels);
}

/** `rows` output rows of a 1×1 convolution, whose input rows start at x, to y. */
export function pointwiseRows(d: Layer, x: usize, rows: i32, y: usize, residual: usize): void {
  // deno-fmt-ignore
  multiply(x, <usize> (rows * d.width), <usize> d.channels, d.weights, <usize> d.outChannels, y,
    residual, d.low, d.high);
}
