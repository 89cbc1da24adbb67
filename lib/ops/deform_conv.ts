/**
 * Deformable convolution (v1: offsets without a mask, one group), which tfjs lacks.
 *
 * Reference: Dai et al. 2017, arXiv 1703.06211, equations 2 to 4, with the border rule of the usual
 * implementations (torchvision `deform_conv2d`): pixels outside of the image are 0.
 *
 * @module
 */
import { tf } from "../deps/tfjs.ts";

/** How the window slides. */
export interface DeformConvOptions {
  /** Pixels from one place of the window to the next. */
  readonly stride: number;
  /** Rows above and columns left of the image that the window starts at. */
  readonly padding: readonly [top: number, left: number];
}

/** What samples take along one axis from the pixel before them and from the one after, `[S]` each. */
interface Axis {
  /** Pixels, those outside replaced by 0. */
  readonly index: readonly [tf.Tensor1D, tf.Tensor1D];
  /** Weights, 0 outside. */
  readonly weight: readonly [tf.Tensor1D, tf.Tensor1D];
  /** Derivatives of the weights by the position. */
  readonly slope: readonly [tf.Tensor1D, tf.Tensor1D];
}

/** One of the four pixels around each of S samples, `[S]` each. */
interface Corner {
  /** Row of `x` when its pixels are listed, over the whole batch; int32. */
  readonly pixel: tf.Tensor1D;
  /** Its share of the sample. */
  readonly weight: tf.Tensor1D;
  /** Derivative of the share by the sample's vertical and horizontal position. */
  readonly slopes: readonly [tf.Tensor1D, tf.Tensor1D];
}

const ENDS = [0, 1] as const;

/**
 * Convolution whose taps look `offsets` away from their place, at values interpolated bilinearly.
 *
 * @param x `[B, H, W, C]`.
 * @param offsets `[B, H', W', 2 · k²]` in pixels: channel 2t moves tap t (row by row) down, 2t + 1
 * moves it to the right.
 * @param kernel `[k, k, C, F]`.
 * @returns `[B, H', W', F]`, owned by the caller. On wasm its gradient needs the training kernels.
 */
export function deformConv(
  x: tf.Tensor4D,
  offsets: tf.Tensor4D,
  kernel: tf.Tensor4D,
  options: DeformConvOptions,
): tf.Tensor4D {
  const [size, , channels, filters] = kernel.shape, window = size ** 2 * channels;
  const [batch, height, width] = offsets.shape;
  return tf.tidy(() => {
    const samples = sampleTaps(x, offsets, size, options);
    const windows = tf.reshape(samples, [batch, height, width, window]) as tf.Tensor4D;
    // A 1×1 convolution, not matMul: its gradients, transposed products, are slow on wasm.
    return tf.conv2d(windows, tf.reshape(kernel, [1, 1, window, filters]), 1, "valid");
  });
}

/** What every tap sees, `[S, C]`; samples are ordered by image, row, column and tap. */
function sampleTaps(
  x: tf.Tensor4D,
  offsets: tf.Tensor4D,
  kernel: number,
  options: DeformConvOptions,
): tf.Tensor2D {
  const sampled = tf.customGrad((...args) => {
    const [images, moves, save] = args as unknown as [tf.Tensor4D, tf.Tensor4D, tf.GradSaveFunc];
    save([images, moves]);
    return {
      value: sample(images, cornersOf(images, moves, kernel, options)),
      gradFunc: (dSamples: tf.Tensor, saved: tf.Tensor[]) => {
        const [pixels, places] = saved as [tf.Tensor4D, tf.Tensor4D];
        const corners = cornersOf(pixels, places, kernel, options);
        return [
          tf.reshape(imageGradient(dSamples as tf.Tensor2D, corners, pixels), pixels.shape),
          tf.reshape(offsetGradient(dSamples as tf.Tensor2D, corners, pixels), places.shape),
        ];
      },
    };
  });
  return sampled(x, offsets) as tf.Tensor2D;
}

/** Values of all samples, `[S, C]`. */
function sample(x: tf.Tensor4D, corners: readonly Corner[]): tf.Tensor2D {
  const pixels = asPixels(x);
  return tf.tidy(() =>
    corners.map(({ pixel, weight }) => scaleRows(tf.gather(pixels, pixel), weight))
      .reduce((sum, part) => tf.add(sum, part))
  );
}

/** Each corner's pixel receives its share of the sample's gradient. */
function imageGradient(dSamples: tf.Tensor2D, corners: readonly Corner[], x: tf.Tensor4D) {
  const count = asPixels(x).shape[0];
  return corners.map(({ pixel, weight }) =>
    tf.tidy(() => tf.unsortedSegmentSum(scaleRows(dSamples, weight), pixel, count))
  ).reduce((sum, part) => tf.add(sum, part));
}

/** Down and to the right for each sample, `[S, 2]`. */
function offsetGradient(dSamples: tf.Tensor2D, corners: readonly Corner[], x: tf.Tensor4D) {
  const pixels = asPixels(x);
  const parts = corners.map(({ pixel, slopes }) => {
    const along = tf.tidy(() => tf.sum(tf.mul(tf.gather(pixels, pixel), dSamples), 1));
    return tf.stack(slopes.map((slope) => tf.mul(slope, along)), 1);
  });
  return parts.reduce((sum, part) => tf.add(sum, part));
}

/** The four pixels around every sample. */
function cornersOf(
  x: tf.Tensor4D,
  offsets: tf.Tensor4D,
  kernel: number,
  options: DeformConvOptions,
): Corner[] {
  const [, height, width] = x.shape;
  const { imageStart, rows, columns } = places(x, offsets, kernel, options);
  const moves = tf.reshape(offsets, [-1, 2]);
  const move = (channel: number): tf.Tensor1D =>
    tf.reshape(tf.slice(moves, [0, channel], [-1, 1]), [-1]);
  const vertical = axisOf(tf.add(rows, move(0)), height);
  const horizontal = axisOf(tf.add(columns, move(1)), width);
  return ENDS.flatMap((a) =>
    ENDS.map((b): Corner => ({
      pixel: tf.cast(
        tf.add(tf.add(tf.mul(vertical.index[a], width), horizontal.index[b]), imageStart),
        "int32",
      ),
      weight: tf.mul(vertical.weight[a], horizontal.weight[b]),
      slopes: [
        tf.mul(vertical.slope[a], horizontal.weight[b]),
        tf.mul(vertical.weight[a], horizontal.slope[b]),
      ],
    }))
  );
}

function axisOf(position: tf.Tensor1D, size: number): Axis {
  const before = tf.floor(position), fraction = tf.sub(position, before);
  const pixels = [before, tf.add(before, 1)] as const;
  const inside = pixels.map((pixel) =>
    tf.logicalAnd(tf.greaterEqual(pixel, 0), tf.less(pixel, size))
  );
  // Not a product with `inside`: it would let NaN through, and an index must never lie outside.
  const whereInside = (end: 0 | 1, value: tf.Tensor): tf.Tensor1D =>
    tf.where(inside[end]!, value, tf.zerosLike(value)) as tf.Tensor1D;
  const both = (of: (end: 0 | 1) => tf.Tensor) =>
    [whereInside(0, of(0)), whereInside(1, of(1))] as const;
  const one = tf.onesLike(fraction);
  return {
    index: both((end) => pixels[end]),
    weight: both((end) => end === 0 ? tf.sub(1, fraction) : fraction),
    slope: both((end) => end === 0 ? tf.neg(one) : one),
  };
}

/** Where each sample is taken without offsets, and the number of the first pixel of its image. */
function places(
  { shape: [batch, inHeight, inWidth] }: tf.Tensor4D,
  { shape: [, height, width] }: tf.Tensor4D,
  kernel: number,
  { stride, padding: [top, left] }: DeformConvOptions,
) {
  const count = batch * height * width * kernel ** 2;
  const imageStart = new Float32Array(count);
  const rows = new Float32Array(count), columns = new Float32Array(count);
  let at = 0;
  for (let image = 0; image < batch; image++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let tap = 0; tap < kernel ** 2; tap++, at++) {
          imageStart[at] = image * inHeight * inWidth;
          rows[at] = y * stride - top + Math.floor(tap / kernel);
          columns[at] = x * stride - left + tap % kernel;
        }
      }
    }
  }
  return {
    imageStart: tf.tensor1d(imageStart),
    rows: tf.tensor1d(rows),
    columns: tf.tensor1d(columns),
  };
}

function scaleRows(rows: tf.Tensor2D, factors: tf.Tensor1D): tf.Tensor2D {
  return tf.mul(rows, tf.expandDims(factors, 1));
}

/** The pixels of all images, `[B · H · W, C]`. */
function asPixels(x: tf.Tensor4D): tf.Tensor2D {
  return tf.reshape(x, [-1, x.shape[3]]);
}
