/**
 * Resizing to the nearest pixel, its gradient, and that of bilinear resizing. tfjs' own gradients
 * ignore half-pixel centres.
 *
 * @module
 */
import type { tf } from "../deps/tfjs.ts";
import type { KernelTable } from "./kernel_table.ts";

interface Attributes {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

/** Arguments from the batch on: sizes of the images, size to go to, rules. */
function sizes(
  images: tf.TensorInfo,
  [outHeight, outWidth]: readonly number[],
  { alignCorners, halfPixelCenters }: Attributes,
): number[] {
  return [...images.shape, outHeight!, outWidth!, Number(alignCorners), Number(halfPixelCenters)];
}

/** Kernels of this file. */
export const RESIZE: KernelTable = {
  ResizeNearestNeighbor: (host, inputs, attributes: Attributes & { readonly size: number[] }) => {
    const images = inputs["images"]!, { size } = attributes;
    if (images.dtype !== "float32") return undefined;
    const y = host.output([images.shape[0]!, ...size, images.shape[3]!]);
    host.kernels.resizeNearest(
      ...[images, y].map((tensor) => host.pointer(tensor)),
      ...sizes(images, size, attributes),
      0,
    );
    return y;
  },
  ResizeNearestNeighborGrad: (host, inputs, attributes: Attributes) => {
    const images = inputs["images"]!, dy = inputs["dy"]!;
    const dx = host.output(images.shape);
    host.kernels.resizeNearest(
      ...[dx, dy].map((tensor) => host.pointer(tensor)),
      ...sizes(images, dy.shape.slice(1, 3), attributes),
      1,
    );
    return dx;
  },
  ResizeBilinearGrad: (host, inputs, attributes: Attributes) => {
    const images = inputs["images"]!, dy = inputs["dy"]!;
    const dx = host.output(images.shape);
    host.kernels.resizeBilinearGradient(
      ...[dy, dx].map((tensor) => host.pointer(tensor)),
      ...sizes(images, dy.shape.slice(1, 3), attributes),
    );
    return dx;
  },
};
