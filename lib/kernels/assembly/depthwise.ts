// Depthwise 2-D convolution (channel multiplier 1), NHWC: forward, input gradient and filter
// gradient. Input rows pass through a small ring of zero-padded rows, so that borders need no care;
// four output pixels at a time share the loads of the filter, channels innermost.
import { addFloats, copyFloats, madd, storeLanes, zeroFloats } from "./simd";

/** Output pixels of a tile. */
const TILE: usize = 4;

/** Channels rounded up to whole vectors. */
function laneCount(channels: usize): usize {
  return (channels + 3) & ~3;
}

/** Floats of one padded row: what the tiles of a row of outputs read. */
function rowFloats(outWidth: usize, stride: usize, filterWidth: usize, channels: usize): usize {
  const columns = ((outWidth + TILE - 1) / TILE * TILE - 1) * stride + filterWidth;
  return columns * channels;
}

/** Bytes of scratch that the three functions below need. */
export function depthwiseScratchBytes(
  width: usize,
  outWidth: usize,
  channels: usize,
  filterHeight: usize,
  filterWidth: usize,
  strideX: usize,
): usize {
  const filter = filterHeight * filterWidth * laneCount(channels);
  const rows = max(
    rowFloats(outWidth, strideX, filterWidth, channels),
    rowFloats(width, 1, filterWidth, channels),
  );
  return (2 * filter + (filterHeight + 1) * rows) * 4 + filterHeight * sizeof<usize>() + 64;
}

/** Copies a filter [taps, channels] into rows of whole vectors, in reverse order if `flipped`. */
function packFilter(filter: usize, taps: usize, channels: usize, to: usize, flipped: bool): void {
  const lanes = laneCount(channels);
  for (let tap: usize = 0; tap < taps; tap++) {
    const source = flipped ? taps - 1 - tap : tap;
    copyFloats(to, filter + source * (channels << 2), channels);
    zeroFloats(to + (channels << 2), lanes - channels);
    to += lanes << 2;
  }
}

/**
 * Copies an input row into its padded place, pixels `dilation` apart. The gaps and borders of the
 * ring were zeroed once and are never written.
 */
function loadRow(
  from: usize,
  width: i32,
  channels: usize,
  dilation: i32,
  padLeft: i32,
  to: usize,
  columns: i32,
): void {
  if (dilation == 1) {
    const first = max(0, -padLeft);
    const count = min(width - first, columns - padLeft - first);
    if (count > 0) {
      copyFloats(
        to + <usize> (padLeft + first) * (channels << 2),
        from + <usize> first * (channels << 2),
        <usize> count * channels,
      );
    }
    return;
  }
  for (let i = 0, column = padLeft; i < width && column < columns; i++, column += dilation) {
    if (column < 0) continue;
    const at = <usize> column * (channels << 2);
    copyFloats(to + at, from + <usize> i * (channels << 2), channels);
  }
}

/**
 * Brings the rows under the filter at output row `outY` into the ring and writes their addresses
 * to `table`, 0 for a row of zeros. `loaded` is the last row that the ring has; returns the new one.
 */
function loadRows(
  image: usize,
  height: i32,
  width: i32,
  channels: usize,
  dilationY: i32,
  dilationX: i32,
  filterHeight: i32,
  top: i32,
  padLeft: i32,
  ring: usize,
  ringFloats: usize,
  table: usize,
  loaded: i32,
): i32 {
  for (let ky = 0; ky < filterHeight; ky++) {
    const y = top + ky;
    const inside = y >= 0 && y % dilationY == 0 && y / dilationY < height;
    const row = ring + <usize> max(0, y % filterHeight) * (ringFloats << 2);
    store<usize>(table + <usize> ky * sizeof<usize>(), inside ? row : 0);
    if (!inside || y <= loaded) continue;
    const from = image + <usize> (y / dilationY * width) * (channels << 2);
    loadRow(from, width, channels, dilationX, padLeft, row, <i32> (ringFloats / channels));
    loaded = y;
  }
  return loaded;
}

/** One row of outputs from the rows in `table`. */
function convolveRow(
  table: usize,
  filter: usize,
  y: usize,
  channels: usize,
  filterHeight: usize,
  filterWidth: usize,
  strideX: usize,
  outWidth: usize,
): void {
  const pixel = channels << 2, step = strideX * pixel, lanes = laneCount(channels) << 2;
  const tableEnd = table + filterHeight * sizeof<usize>();
  for (let x: usize = 0; x < outWidth; x += TILE) {
    const count = outWidth - x;
    const column = x * step;
    for (let c: usize = 0; c < pixel; c += 16) {
      let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0;
      let tap = filter + c;
      for (let entry = table; entry < tableEnd; entry += sizeof<usize>()) {
        const row = load<usize>(entry);
        if (row == 0) {
          tap += filterWidth * lanes;
          continue;
        }
        let p = row + column + c;
        if (filterWidth == 3 && strideX <= 2) {
          const w0 = v128.load(tap), w1 = v128.load(tap + lanes);
          const w2 = v128.load(tap + lanes + lanes);
          tap += 3 * lanes;
          if (strideX == 1) {
            a0 = madd(v128.load(p), w0, a0);
            let v = v128.load(p += pixel);
            a0 = madd(v, w1, a0), a1 = madd(v, w0, a1);
            v = v128.load(p += pixel);
            a0 = madd(v, w2, a0), a1 = madd(v, w1, a1), a2 = madd(v, w0, a2);
            v = v128.load(p += pixel);
            a1 = madd(v, w2, a1), a2 = madd(v, w1, a2), a3 = madd(v, w0, a3);
            v = v128.load(p += pixel);
            a2 = madd(v, w2, a2), a3 = madd(v, w1, a3);
            a3 = madd(v128.load(p + pixel), w2, a3);
            continue;
          }
          a0 = madd(v128.load(p), w0, a0);
          a0 = madd(v128.load(p += pixel), w1, a0);
          let v = v128.load(p += pixel);
          a0 = madd(v, w2, a0), a1 = madd(v, w0, a1);
          a1 = madd(v128.load(p += pixel), w1, a1);
          v = v128.load(p += pixel);
          a1 = madd(v, w2, a1), a2 = madd(v, w0, a2);
          a2 = madd(v128.load(p += pixel), w1, a2);
          v = v128.load(p += pixel);
          a2 = madd(v, w2, a2), a3 = madd(v, w0, a3);
          a3 = madd(v128.load(p += pixel), w1, a3);
          a3 = madd(v128.load(p + pixel), w2, a3);
          continue;
        }
        for (const end = tap + filterWidth * lanes; tap < end; tap += lanes, p += pixel) {
          const w = v128.load(tap);
          a0 = madd(v128.load(p), w, a0);
          a1 = madd(v128.load(p + step), w, a1);
          a2 = madd(v128.load(p + 2 * step), w, a2);
          a3 = madd(v128.load(p + 3 * step), w, a3);
        }
      }
      const left = (pixel - c) >> 2;
      const to = y + c;
      storeLanes(to, a0, left);
      if (count > 1) storeLanes(to + pixel, a1, left);
      if (count > 2) storeLanes(to + 2 * pixel, a2, left);
      if (count > 3) storeLanes(to + 3 * pixel, a3, left);
    }
    y += TILE * pixel;
  }
}

/** Convolution with an input whose pixels lie `dilation` apart, and a packed filter. */
function convolveRows(
  x: usize,
  filter: usize,
  y: usize,
  batch: i32,
  height: i32,
  width: i32,
  channels: usize,
  dilationY: i32,
  dilationX: i32,
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
  const floats = rowFloats(outWidth, strideX, filterWidth, channels);
  const ring = scratch + <usize> filterHeight * sizeof<usize>();
  zeroFloats(ring, <usize> filterHeight * floats + 4);
  for (let image = 0; image < batch; image++) {
    let loaded = -1;
    for (let outY = 0; outY < outHeight; outY++) {
      // deno-fmt-ignore
      loaded = loadRows(x, height, width, channels, dilationY, dilationX, filterHeight,
        outY * strideY - padTop, padLeft, ring, floats, scratch, loaded);
      // deno-fmt-ignore
      convolveRow(scratch, filter, y, channels, filterHeight, filterWidth, strideX, outWidth);
      y += <usize> outWidth * (channels << 2);
    }
    x += <usize> (height * width) * (channels << 2);
  }
}

/** y = x ∗ filter, each channel by itself. */
export function depthwise(
  x: usize,
  filter: usize,
  y: usize,
  batch: i32,
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
  scratch: usize,
): void {
  const taps = <usize> (filterHeight * filterWidth);
  packFilter(filter, taps, channels, scratch, false);
  // deno-fmt-ignore
  convolveRows(x, scratch, y, batch, height, width, channels, 1, 1, filterHeight, filterWidth,
    strideY, strideX, padTop, padLeft, outHeight, outWidth,
    scratch + taps * (laneCount(channels) << 2));
}

/** dx from dy and the filter: the flipped filter over dy with stride − 1 zeros between pixels. */
export function depthwiseInputGradient(
  dy: usize,
  filter: usize,
  dx: usize,
  batch: i32,
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
  scratch: usize,
): void {
  const taps = <usize> (filterHeight * filterWidth);
  packFilter(filter, taps, channels, scratch, true);
  // deno-fmt-ignore
  convolveRows(dy, scratch, dx, batch, outHeight, outWidth, channels, strideY, strideX,
    filterHeight, filterWidth, 1, 1, filterHeight - 1 - padTop, filterWidth - 1 - padLeft, height, width,
    scratch + taps * (laneCount(channels) << 2));
}

/** Adds the products of one row of dy with the rows in `table` to `sums` [taps, lanes]. */
function addRowProducts(
  table: usize,
  dy: usize,
  sums: usize,
  channels: usize,
  filterHeight: usize,
  filterWidth: usize,
  strideX: usize,
  outWidth: usize,
): void {
  const pixel = channels << 2, step = strideX * pixel, lanes = laneCount(channels) << 2;
  const tableEnd = table + filterHeight * sizeof<usize>();
  for (let x: usize = 0; x < outWidth; x += TILE) {
    const column = x * step;
    for (let c: usize = 0; c < pixel; c += 16) {
      const from = dy + c;
      const d0 = v128.load(from), d1 = v128.load(from + pixel);
      const d2 = v128.load(from + 2 * pixel), d3 = v128.load(from + 3 * pixel);
      let sum = sums + c;
      for (let entry = table; entry < tableEnd; entry += sizeof<usize>()) {
        const row = load<usize>(entry);
        if (row == 0) {
          sum += filterWidth * lanes;
          continue;
        }
        let p = row + column + c;
        if (filterWidth == 3 && strideX <= 2) {
          let s0 = v128.load(sum), s1 = v128.load(sum + lanes);
          let s2 = v128.load(sum + 2 * lanes);
          s0 = madd(v128.load(p), d0, s0);
          let v = v128.load(p += pixel);
          if (strideX == 1) {
            s1 = madd(v, d0, s1), s0 = madd(v, d1, s0);
            v = v128.load(p += pixel);
            s2 = madd(v, d0, s2), s1 = madd(v, d1, s1), s0 = madd(v, d2, s0);
            v = v128.load(p += pixel);
            s2 = madd(v, d1, s2), s1 = madd(v, d2, s1), s0 = madd(v, d3, s0);
            v = v128.load(p += pixel);
            s2 = madd(v, d2, s2), s1 = madd(v, d3, s1);
          } else {
            s1 = madd(v, d0, s1);
            v = v128.load(p += pixel);
            s2 = madd(v, d0, s2), s0 = madd(v, d1, s0);
            s1 = madd(v128.load(p += pixel), d1, s1);
            v = v128.load(p += pixel);
            s2 = madd(v, d1, s2), s0 = madd(v, d2, s0);
            s1 = madd(v128.load(p += pixel), d2, s1);
            v = v128.load(p += pixel);
            s2 = madd(v, d2, s2), s0 = madd(v, d3, s0);
            s1 = madd(v128.load(p += pixel), d3, s1);
          }
          s2 = madd(v128.load(p + pixel), d3, s2);
          v128.store(sum, s0), v128.store(sum + lanes, s1), v128.store(sum + 2 * lanes, s2);
          sum += 3 * lanes;
          continue;
        }
        for (const end = sum + filterWidth * lanes; sum < end; sum += lanes, p += pixel) {
          let s = madd(v128.load(p), d0, v128.load(sum));
          s = madd(v128.load(p + step), d1, s);
          s = madd(v128.load(p + 2 * step), d2, s);
          v128.store(sum, madd(v128.load(p + 3 * step), d3, s));
        }
      }
    }
    dy += TILE * pixel;
  }
}

/** dfilter from x and dy; sums are per image first, which keeps their rounding small. */
export function depthwiseFilterGradient(
  x: usize,
  dy: usize,
  dfilter: usize,
  batch: i32,
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
  scratch: usize,
): void {
  const taps = <usize> (filterHeight * filterWidth), lanes = laneCount(channels);
  const floats = rowFloats(outWidth, strideX, filterWidth, channels);
  const sums = scratch + <usize> filterHeight * sizeof<usize>();
  const ring = sums + taps * (lanes << 2);
  const padded = ring + ((<usize> filterHeight * floats + 4) << 2);
  const outFloats = <usize> outWidth * channels;
  const padding = ((TILE - <usize> outWidth % TILE) % TILE) * channels;
  zeroFloats(ring, <usize> filterHeight * floats + 4);
  zeroFloats(padded + (outFloats << 2), padding);
  zeroFloats(dfilter, taps * channels);
  for (let image = 0; image < batch; image++) {
    zeroFloats(sums, taps * lanes);
    let loaded = -1;
    for (let outY = 0; outY < outHeight; outY++) {
      // deno-fmt-ignore
      loaded = loadRows(x, height, width, channels, 1, 1, filterHeight, outY * strideY - padTop,
        padLeft, ring, floats, scratch, loaded);
      if (padding > 0) copyFloats(padded, dy, outFloats);
      const row = padding > 0 ? padded : dy;
      // deno-fmt-ignore
      addRowProducts(scratch, row, sums, channels, filterHeight, filterWidth, strideX, outWidth);
      dy += outFloats << 2;
    }
    for (let tap: usize = 0; tap < taps; tap++) {
      addFloats(dfilter + tap * (channels << 2), sums + tap * (lanes << 2), channels);
    }
    x += <usize> (height * width) * (channels << 2);
  }
}
