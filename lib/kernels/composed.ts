/**
 * Gradients that tfjs' wasm backend lacks or gets wrong, composed of ops that it has: slow, but
 * right. They serve where the WebAssembly kernels are switched off, and the cases those do not do.
 *
 * A convolution is a sum over the taps of its window: `takeTap` gives the inputs that a tap sees,
 * `placeTap`, its adjoint, puts values back where a tap saw them.
 *
 * @module
 */
import { tf } from "../deps/tfjs.ts";

type Shape4D = [number, number, number, number];
type Window = Pick<
  ReturnType<typeof tf.backend_util.computeConv2DInfo>,
  | "inHeight"
  | "inWidth"
  | "outHeight"
  | "outWidth"
  | "filterHeight"
  | "filterWidth"
  | "strideHeight"
  | "strideWidth"
  | "dilationHeight"
  | "dilationWidth"
  | "padInfo"
>;

/** A kernel over tensors; what it makes on the way is disposed. */
function composed(
  // deno-lint-ignore no-explicit-any -- tfjs types attributes kernel by kernel, not here
  compute: (inputs: Readonly<Record<string, tf.Tensor>>, attributes: any) => tf.Tensor,
): tf.KernelFunc {
  return ({ inputs, attrs }) => tf.tidy(() => compute(inputs as Record<string, tf.Tensor>, attrs));
}

// deno-lint-ignore no-explicit-any -- as above
function convolutionWindow(x: number[], filter: number[], attributes: any, depthwise: boolean) {
  const { strides, pad, dilations, dimRoundingMode, dataFormat } = attributes;
  if (dataFormat === "NCHW") {
    throw new RangeError(`Cannot compute a gradient: data format "NCHW" is not supported`);
  }
  return tf.backend_util.computeConv2DInfo(
    x as Shape4D,
    filter as Shape4D,
    strides,
    dilations ?? 1,
    pad,
    dimRoundingMode,
    depthwise,
  );
}

/** Offsets of the taps in the padded input, row by row. */
function taps(w: Window): [number, number][] {
  return Array.from({ length: w.filterHeight * w.filterWidth }, (_, i) => [
    Math.floor(i / w.filterWidth) * w.dilationHeight,
    (i % w.filterWidth) * w.dilationWidth,
  ]);
}

/** Height and width that hold the padded input and all that the taps see. */
function paddedSize(w: Window): [number, number] {
  const height = w.outHeight * w.strideHeight + w.filterHeight * w.dilationHeight;
  const width = w.outWidth * w.strideWidth + w.filterWidth * w.dilationWidth;
  return [
    Math.max(height, w.padInfo.top + w.inHeight),
    Math.max(width, w.padInfo.left + w.inWidth),
  ];
}

function padInput(x: tf.Tensor4D, w: Window, value = 0): tf.Tensor4D {
  const [height, width] = paddedSize(w);
  const { top, left } = w.padInfo;
  return tf.pad4d(
    x,
    [[0, 0], [top, height - top - w.inHeight], [left, width - left - w.inWidth], [0, 0]],
    value,
  );
}

/** What a tap sees for each output pixel, `[B, outHeight, outWidth, C]`. */
function takeTap(padded: tf.Tensor4D, [y, x]: [number, number], w: Window): tf.Tensor4D {
  const [batch, , , channels] = padded.shape;
  const end = [
    batch,
    y + (w.outHeight - 1) * w.strideHeight + 1,
    x + (w.outWidth - 1) * w.strideWidth + 1,
    channels,
  ];
  return tf.stridedSlice(padded, [0, y, x, 0], end, [
    1,
    w.strideHeight,
    w.strideWidth,
    1,
  ]) as tf.Tensor4D;
}

/** Values of the output pixels where a tap saw them, zeros elsewhere; padded size. */
function placeTap(values: tf.Tensor4D, [y, x]: [number, number], w: Window): tf.Tensor4D {
  const [batch, rows, columns, channels] = values.shape;
  const spread = spreadRows(
    spreadRows(tf.reshape(values, [batch * rows * columns, 1, channels]), w.strideWidth),
    w.strideHeight,
    [batch * rows, 1, columns * w.strideWidth * channels],
  );
  const height = rows * w.strideHeight, width = columns * w.strideWidth;
  const [fullHeight, fullWidth] = paddedSize(w);
  return tf.pad4d(tf.reshape(spread, [batch, height, width, channels]), [
    [0, 0],
    [y, fullHeight - y - height],
    [x, fullWidth - x - width],
    [0, 0],
  ]);
}

/** Follows each row with stride − 1 rows of zeros. */
function spreadRows(
  x: tf.Tensor,
  stride: number,
  shape: number[] = x.shape,
): tf.Tensor {
  const rows = tf.reshape(x, shape);
  return stride === 1 ? rows : tf.concat([rows, tf.zeros([shape[0]!, stride - 1, shape[2]!])], 1);
}

/** Sum of what the taps place, without the padding. */
function sumTaps(
  values: (tap: [number, number], index: number) => tf.Tensor4D,
  w: Window,
): tf.Tensor4D {
  const sum = taps(w).map((tap, i) => placeTap(values(tap, i), tap, w))
    .reduce((a, b) => tf.add(a, b));
  return tf.slice4d(sum, [0, w.padInfo.top, w.padInfo.left, 0], [
    -1,
    w.inHeight,
    w.inWidth,
    -1,
  ]);
}

/** How much each output along an axis takes of each input, `[outSize, size]`, by tfjs' rules. */
function resizeMatrix(
  outSize: number,
  size: number,
  { alignCorners, halfPixelCenters }: { alignCorners: boolean; halfPixelCenters: boolean },
  nearest: boolean,
): tf.Tensor2D {
  const ratio = alignCorners && outSize > 1 ? (size - 1) / (outSize - 1) : size / outSize;
  const matrix = new Float32Array(outSize * size);
  for (let i = 0; i < outSize; i++) {
    const at = ratio * (halfPixelCenters ? i + 0.5 : i) - (halfPixelCenters && !nearest ? 0.5 : 0);
    if (nearest) {
      const whole = alignCorners ? Math.round(at) : Math.floor(at);
      matrix[i * size + Math.min(size - 1, whole)] = 1;
    } else {
      const inside = Math.min(size - 1, Math.max(0, at)), first = Math.floor(inside);
      matrix[i * size + first]! += 1 - (inside - first);
      matrix[i * size + Math.ceil(inside)]! += inside - first;
    }
  }
  return tf.tensor2d(matrix, [outSize, size]);
}

function resizeGradient(nearest: boolean): tf.KernelFunc {
  return composed(({ images, dy }, rules) => {
    const [batch, height, width, channels] = images!.shape as Shape4D;
    const [, outHeight, outWidth] = dy!.shape as Shape4D;
    const rows = resizeMatrix(outHeight, height, rules, nearest);
    const columns = resizeMatrix(outWidth, width, rules, nearest);
    const tall = tf.matMul(
      tf.tile(tf.expandDims(rows, 0), [batch, 1, 1]),
      tf.reshape(dy!, [batch, outHeight, outWidth * channels]),
      true,
    );
    const wide = tf.matMul(
      tf.tile(tf.expandDims(columns, 0), [batch * height, 1, 1]),
      tf.reshape(tall, [batch * height, outWidth, channels]),
      true,
    );
    return tf.reshape(wide, images!.shape);
  });
}

/** Kernels by tfjs' names. */
export const COMPOSED: Readonly<Record<string, tf.KernelFunc>> = {
  Conv2DBackpropFilter: composed(({ x, dy }, attributes) => {
    const { filterShape } = attributes;
    const w = convolutionWindow(x!.shape, filterShape, attributes, false);
    const padded = padInput(x as tf.Tensor4D, w);
    const gradient = tf.reshape(dy!, [-1, w.outChannels]);
    const products = taps(w).map((tap) =>
      tf.matMul(tf.reshape(takeTap(padded, tap, w), [-1, w.inChannels]), gradient, true)
    );
    return tf.reshape(tf.stack(products), filterShape);
  }),

  DepthwiseConv2dNativeBackpropFilter: composed(({ x, dy }, attributes) => {
    const { filterShape } = attributes;
    const w = convolutionWindow(x!.shape, filterShape, attributes, true);
    const padded = padInput(x as tf.Tensor4D, w);
    const [channels, multiplier] = filterShape.slice(2);
    const gradient = tf.reshape(dy!, [-1, channels, multiplier]);
    const products = taps(w).map((tap) =>
      tf.sum(tf.mul(tf.reshape(takeTap(padded, tap, w), [-1, channels, 1]), gradient), 0)
    );
    return tf.reshape(tf.stack(products), filterShape);
  }),

  DepthwiseConv2dNativeBackpropInput: composed(({ dy, filter }, attributes) => {
    const w = convolutionWindow(attributes.inputShape, filter!.shape, attributes, true);
    const [channels, multiplier] = filter!.shape.slice(2) as [number, number];
    const gradient = tf.reshape(dy!, [-1, channels, multiplier]);
    const weights = tf.unstack(tf.reshape(filter!, [-1, channels, multiplier]));
    const shape: Shape4D = [dy!.shape[0]!, w.outHeight, w.outWidth, channels];
    return sumTaps(
      (_, i) => tf.reshape(tf.sum(tf.mul(gradient, weights[i]!), 2), shape),
      w,
    );
  }),

  MaxPoolGrad: composed(({ dy, input, output }, attributes) => {
    const { filterSize, strides, pad, dimRoundingMode } = attributes;
    const w = tf.backend_util.computePool2DInfo(
      input!.shape as Shape4D,
      filterSize,
      strides,
      1,
      pad,
      dimRoundingMode,
    );
    const padded = padInput(input as tf.Tensor4D, w, -Infinity);
    let left: tf.Tensor = tf.ones(output!.shape); // 1 where no tap has held the largest value yet
    return sumTaps((tap) => {
      const largest = tf.cast(tf.equal(takeTap(padded, tap, w), output!), "float32");
      const first = tf.mul(largest, left);
      left = tf.sub(left, first);
      return tf.mul(first, dy!);
    }, w);
  }),

  ResizeBilinearGrad: resizeGradient(false),

  ResizeNearestNeighborGrad: resizeGradient(true),

  UnsortedSegmentSum: composed(({ x, segmentIds }, { numSegments }) => {
    const rows = tf.reshape(x!, [x!.shape[0]!, -1]);
    // Not oneHot's own float32: on wasm its ones are integers in the clothes of floats.
    const member = tf.cast(tf.oneHot(segmentIds as tf.Tensor1D, numSegments), "float32");
    const sums = tf.matMul(member as tf.Tensor2D, tf.cast(rows, "float32"), true);
    return tf.cast(tf.reshape(sums, [numSegments, ...x!.shape.slice(1)]), x!.dtype);
  }),
};
