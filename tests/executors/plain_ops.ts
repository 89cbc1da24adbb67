// What operations with a window or a layout compute, in plain loops over single numbers.
import type { OpAttributes, Padding } from "../../lib/graph/graph.ts";
import type { NdArray } from "../../lib/numbers/nd_array.ts";

type Index = readonly [image: number, y: number, x: number, channel: number];

/** A number of a `[B, H, W, C]` array; `undefined` outside of it. */
function at({ shape, data }: NdArray, index: Index): number | undefined {
  if (index.some((i, axis) => i < 0 || i >= shape[axis]!)) return undefined;
  return data[index.reduce((offset, i, axis) => offset * shape[axis]! + i, 0)];
}

/** A `[B, H, W, C]` array, number by number. */
function build(shape: readonly number[], value: (index: Index) => number): NdArray {
  const [batch, height, width, channels] = shape as Index, numbers: number[] = [];
  for (let b = 0; b < batch; b++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let c = 0; c < channels; c++) numbers.push(value([b, y, x, c]));
      }
    }
  }
  return { shape, data: Float32Array.from(numbers) };
}

interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: Padding;
}

/** Places of a window along an axis, and where the first one starts (TensorFlow's rule for same). */
function placesAlong(axis: 0 | 1, size: number, { kernel, stride, padding }: Window) {
  if (padding !== "same") {
    const before = padding[2 * axis]!, after = padding[2 * axis + 1]!;
    return { count: Math.floor((size + before + after - kernel) / stride) + 1, start: -before };
  }
  const count = Math.ceil(size / stride);
  const zeros = Math.max((count - 1) * stride + kernel - size, 0);
  return { count, start: -Math.floor(zeros / 2) };
}

/** Slides a window; `value` gets the taps of one place as `[row, column, image y, image x]`. */
function slide(
  x: NdArray,
  window: Window,
  channels: number,
  value: (taps: readonly Index[], image: number, channel: number) => number,
): NdArray {
  const [batch, height, width] = x.shape;
  const rows = placesAlong(0, height!, window), columns = placesAlong(1, width!, window);
  const taps = Array.from({ length: window.kernel ** 2 }, (_, i) => [
    Math.floor(i / window.kernel),
    i % window.kernel,
  ]);
  return build([batch!, rows.count, columns.count, channels], ([b, i, j, c]) => {
    const top = rows.start + i * window.stride, left = columns.start + j * window.stride;
    return value(taps.map(([r, s]): Index => [r!, s!, top + r!, left + s!]), b, c);
  });
}

/** The operations; `weight` gives a weight by role. */
export const PLAIN = {
  conv(
    [x]: readonly NdArray[],
    { filters, bias, ...window }: OpAttributes["conv"],
    weight: (role: string) => NdArray,
  ) {
    const kernel = weight("kernel"), inputs = x!.shape[3]!;
    return slide(x!, window, filters, (taps, image, filter) => {
      let sum = bias ? weight("bias").data[filter]! : 0;
      for (const [row, column, y, xx] of taps) {
        for (let c = 0; c < inputs; c++) {
          sum += (at(x!, [image, y, xx, c]) ?? 0) * at(kernel, [row, column, c, filter])!;
        }
      }
      return sum;
    });
  },

  depthwiseConv(
    [x]: readonly NdArray[],
    window: OpAttributes["depthwiseConv"],
    weight: (role: string) => NdArray,
  ) {
    const kernel = weight("depthwise_kernel");
    return slide(x!, window, x!.shape[3]!, (taps, image, c) =>
      taps.reduce(
        (sum, [row, column, y, xx]) =>
          sum + (at(x!, [image, y, xx, c]) ?? 0) * at(kernel, [row, column, c, 0])!,
        0,
      ));
  },

  maxPool([x]: readonly NdArray[], window: OpAttributes["maxPool"]) {
    return slide(
      x!,
      window,
      x!.shape[3]!,
      (taps, image, c) =>
        Math.max(...taps.map(([, , y, xx]) => at(x!, [image, y, xx, c]) ?? -Infinity)),
    );
  },

  batchNorm(
    [x]: readonly NdArray[],
    { epsilon }: OpAttributes["batchNorm"],
    weight: (role: string) => NdArray,
  ) {
    const of = (role: string, c: number) => weight(role).data[c]!;
    return build(x!.shape, (index) => {
      const c = index[3], deviation = Math.sqrt(of("moving_variance", c) + epsilon);
      const normal = (at(x!, index)! - of("moving_mean", c)) / deviation;
      return of("gamma", c) * normal + of("beta", c);
    });
  },

  upsample([x]: readonly NdArray[], { factor }: OpAttributes["upsample"]) {
    const [batch, height, width, channels] = x!.shape as unknown as Index;
    const shape = [batch, height * factor, width * factor, channels];
    return build(
      shape,
      ([b, y, xx, c]) => at(x!, [b, Math.floor(y / factor), Math.floor(xx / factor), c])!,
    );
  },

  concat(inputs: readonly NdArray[]) {
    const [batch, height, width] = inputs[0]!.shape;
    const channels = inputs.flatMap((input, i) =>
      Array.from({ length: input.shape[3]! }, (_, c) => [i, c] as const)
    );
    return build([batch!, height!, width!, channels.length], ([b, y, x, c]) => {
      const [input, channel] = channels[c]!;
      return at(inputs[input]!, [b, y, x, channel])!;
    });
  },
} as const;
