// Dense 2-D convolution, NHWC by HWIO, as matrix products over blocks of output pixels: forward,
// input gradient and filter gradient. A 1 × 1 filter at stride 1 uses the tensors as they lie.
import {
  addTransposedProduct,
  multiply,
  packPanels,
  panelBytes,
  TILE_BYTES,
  transpose,
  transposedProductCost,
} from "./gemm";
import { addFloats, copyVectors, zeroFloats } from "./simd";

/** Bytes of unrolled patches at a time, a part of the second-level cache. */
const PATCH_BYTES: usize = 128 << 10;

/** Output pixels in a block, for patches of `k` floats. */
function blockPixels(k: usize): usize {
  return max<usize>(6, PATCH_BYTES / (k << 2) / 6 * 6);
}

/** Bytes of scratch that the three functions below need. */
export function convolutionScratchBytes(
  filterHeight: usize,
  filterWidth: usize,
  inChannels: usize,
  outChannels: usize,
): usize {
  const k = filterHeight * filterWidth * inChannels;
  const panels = max(panelBytes(k, outChannels), panelBytes(outChannels, k));
  return TILE_BYTES + panels + blockPixels(k) * k * 4 + 32;
}

/**
 * Copies the input patches of `count` output pixels from the `first` on into rows of
 * filterHeight · filterWidth · channels floats (`adding` false), or adds such rows to the input
 * (`adding` true).
 */
export function movePatches(
  x: usize,
  height: i32,
  width: i32,
  channels: usize,
  filterHeight: i32,
  filterWidth: i32,
  strideY: i32,
  strideX: i32,
  padTop: i32,
  padLeft: i32,
  outHeight: i32,
  outWidth: i32,
  first: i32,
  count: i32,
  patches: usize,
  adding: bool,
): void {
  let outX = first % outWidth;
  let outY = (first / outWidth) % outHeight;
  const pixel = channels << 2;
  let image = x + <usize> (first / outWidth / outHeight * height * width) * pixel;
  const rowFloats = <usize> filterWidth * channels;
  for (let i = 0; i < count; i++) {
    const left = outX * strideX - padLeft;
    const from = max(0, -left), to = min(filterWidth, width - left);
    const target = <usize> from * pixel, floats = <usize> max(0, to - from) * channels;
    const top = outY * strideY - padTop;
    let source = image + <usize> (top * width + left + from) * pixel;
    for (let y = top; y < top + filterHeight; y++, source += <usize> width * pixel) {
      const inside = y >= 0 && y < height && floats > 0;
      if (adding) {
        if (inside) addFloats(source, patches + target, floats);
      } else if (inside) {
        // A copy of whole vectors may pass the end of its row, which the next row overwrites.
        if (from > 0) zeroFloats(patches, <usize> from * channels);
        copyVectors(patches + target, source, floats);
        if (to < filterWidth) {
          zeroFloats(patches + target + (floats << 2), <usize> (filterWidth - to) * channels);
        }
      } else {
        zeroFloats(patches, rowFloats);
      }
      patches += rowFloats << 2;
    }
    if (++outX == outWidth) {
      outX = 0;
      if (++outY == outHeight) {
        outY = 0;
        image += <usize> (height * width) * pixel;
      }
    }
  }
}

/** Whether patches are the input's own rows: filter 1 × 1, stride 1, no padding. */
function isPointwise(filterSize: i32, strides: i32, inSize: i32, outSize: i32): bool {
  return filterSize == 1 && strides == 1 && inSize == outSize;
}

/** y = x ∗ filter. */
export function convolve(
  x: usize,
  filter: usize,
  y: usize,
  batch: i32,
  height: i32,
  width: i32,
  inChannels: usize,
  outChannels: usize,
  filterHeight: i32,
  filterWidth: i32,
  strideY: i32,
  strideX: i32,
  padTop: i32,
  padLeft: i32,
  outHeight: i32,
  outWidth: i32,
  scratch: usize,
): void {
  const k = <usize> (filterHeight * filterWidth) * inChannels;
  const pixels = batch * outHeight * outWidth;
  const panels = scratch + TILE_BYTES;
  packPanels(filter, outChannels, 1, k, outChannels, panels);
  if (
    isPointwise(filterHeight * filterWidth, strideY * strideX, height * width, outHeight * outWidth)
  ) {
    multiply(x, panels, y, pixels, outChannels, k, scratch);
    return;
  }
  const patches = panels + panelBytes(k, outChannels);
  const block = <i32> blockPixels(k);
  for (let first = 0; first < pixels; first += block) {
    const count = min(block, pixels - first);
    // deno-fmt-ignore
    movePatches(x, height, width, inChannels, filterHeight, filterWidth, strideY, strideX,
      padTop, padLeft, outHeight, outWidth, first, count, patches, false);
    multiply(patches, panels, y, count, outChannels, k, scratch);
    y += <usize> count * (outChannels << 2);
  }
}

/** dx from dy and the filter. */
export function convolveInputGradient(
  dy: usize,
  filter: usize,
  dx: usize,
  batch: i32,
  height: i32,
  width: i32,
  inChannels: usize,
  outChannels: usize,
  filterHeight: i32,
  filterWidth: i32,
  strideY: i32,
  strideX: i32,
  padTop: i32,
  padLeft: i32,
  outHeight: i32,
  outWidth: i32,
  scratch: usize,
): void {
  const k = <usize> (filterHeight * filterWidth) * inChannels;
  const pixels = batch * outHeight * outWidth;
  const panels = scratch + TILE_BYTES;
  packPanels(filter, 1, outChannels, outChannels, k, panels);
  if (
    isPointwise(filterHeight * filterWidth, strideY * strideX, height * width, outHeight * outWidth)
  ) {
    multiply(dy, panels, dx, pixels, k, outChannels, scratch);
    return;
  }
  const patches = panels + panelBytes(outChannels, k);
  const block = <i32> blockPixels(k);
  memory.fill(dx, 0, <usize> (batch * height * width) * (inChannels << 2));
  for (let first = 0; first < pixels; first += block) {
    const count = min(block, pixels - first);
    multiply(dy, panels, patches, count, k, outChannels, scratch);
    // deno-fmt-ignore
    movePatches(dx, height, width, inChannels, filterHeight, filterWidth, strideY, strideX,
      padTop, padLeft, outHeight, outWidth, first, count, patches, true);
    dy += <usize> count * (outChannels << 2);
  }
}

/** dfilter from x and dy. */
export function convolveFilterGradient(
  x: usize,
  dy: usize,
  dfilter: usize,
  batch: i32,
  height: i32,
  width: i32,
  inChannels: usize,
  outChannels: usize,
  filterHeight: i32,
  filterWidth: i32,
  strideY: i32,
  strideX: i32,
  padTop: i32,
  padLeft: i32,
  outHeight: i32,
  outWidth: i32,
  scratch: usize,
): void {
  const k = <usize> (filterHeight * filterWidth) * inChannels;
  const pixels = batch * outHeight * outWidth;
  // The tiles are not square: the transposed gradient may fill them better.
  const turned = transposedProductCost(outChannels, k) < transposedProductCost(k, outChannels);
  const sums = turned ? scratch + TILE_BYTES : dfilter;
  const patches = scratch + TILE_BYTES + (turned ? k * (outChannels << 2) : 0);
  memory.fill(sums, 0, k * (outChannels << 2));
  const pointwise = isPointwise(
    filterHeight * filterWidth,
    strideY * strideX,
    height * width,
    outHeight * outWidth,
  );
  const block = pointwise ? pixels : <i32> blockPixels(k);
  for (let first = 0; first < pixels; first += block) {
    const count = min(block, pixels - first);
    if (!pointwise) {
      // deno-fmt-ignore
      movePatches(x, height, width, inChannels, filterHeight, filterWidth, strideY, strideX,
        padTop, padLeft, outHeight, outWidth, first, count, patches, false);
    }
    const rows = pointwise ? x : patches;
    if (turned) addTransposedProduct(dy, rows, sums, count, outChannels, k, scratch);
    else addTransposedProduct(rows, dy, sums, count, k, outChannels, scratch);
    dy += <usize> count * (outChannels << 2);
  }
  if (turned) transpose(sums, outChannels, k, dfilter);
}
