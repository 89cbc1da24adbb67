/**
 * Where the windows of a convolution or pool lie.
 *
 * @module
 */
import type { Padding, Shape } from "../graph/graph.ts";

/** Square windows, so far apart. */
export interface Windows {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: Padding;
}

/** Zeros before the first row or column. */
function padBefore(size: number, kernel: number, stride: number, padding: Padding, side: 0 | 2) {
  if (padding !== "same") return padding[side];
  const total = (Math.ceil(size / stride) - 1) * stride + kernel - size;
  return Math.floor(Math.max(0, total) / 2);
}

/** What looks at each pixel by itself. */
export const PIXELS: Windows = { kernel: 1, stride: 1, padding: [0, 0, 0, 0] };

/** Windows over an activation, in the order of the kernels' parameters. */
export function windowOf({ kernel, stride, padding }: Windows, [height, width]: Shape) {
  const padTop = padBefore(height, kernel, stride, padding, 0);
  const padLeft = padBefore(width, kernel, stride, padding, 2);
  return [kernel, stride, padTop, padLeft] as const;
}
