/**
 * Resizing with gradients that are right on every backend. tfjs' own bilinear gradient ignores
 * half-pixel centres everywhere, and its nearest one is wrong on cpu for batches of two and more.
 *
 * @module
 */
import { tf } from "../deps/tfjs.ts";
import { COMPOSED } from "../kernels/composed.ts";

/** How values between pixels are found. */
export type ResizeMethod = "bilinear" | "nearest";

interface Resize {
  readonly compute: typeof tf.image.resizeBilinear;
  readonly gradient: string;
}

const METHODS: { readonly [M in ResizeMethod]: Resize } = {
  bilinear: { compute: tf.image.resizeBilinear, gradient: "ResizeBilinearGrad" },
  nearest: { compute: tf.image.resizeNearestNeighbor, gradient: "ResizeNearestNeighborGrad" },
};

/** Pixels are areas, images are aligned by their edges: PyTorch's `align_corners=False`. */
const RULES = { alignCorners: false, halfPixelCenters: true } as const;

/**
 * Resizes images; `"bilinear"` is PyTorch's `interpolate(mode="bilinear", align_corners=False)`,
 * `"nearest"` its `"nearest-exact"`. On wasm the training kernels must be registered before a
 * gradient is asked for.
 *
 * @param x `[B, H, W, C]`.
 * @returns `[B, height, width, C]`, owned by the caller.
 */
export function resize(
  x: tf.Tensor4D,
  [height, width]: readonly [height: number, width: number],
  method: ResizeMethod,
): tf.Tensor4D {
  const { compute, gradient } = METHODS[method];
  const { alignCorners, halfPixelCenters } = RULES;
  const resized = tf.customGrad((...args) => {
    const [images, save] = args as unknown as [tf.Tensor4D, tf.GradSaveFunc];
    save([images]);
    return {
      value: compute(images, [height, width], alignCorners, halfPixelCenters),
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => resizeGradient(gradient, saved!, dy),
    };
  });
  return resized(x) as tf.Tensor4D;
}

// On wasm the kernel in place is one of lib/kernels, fast or composed, and right.
function resizeGradient(kernel: string, images: tf.Tensor, dy: tf.Tensor): tf.Tensor {
  const inputs = { images, dy };
  if (tf.getBackend() === "wasm") return tf.engine().runKernel(kernel, inputs, RULES) as tf.Tensor;
  return COMPOSED[kernel]!({ inputs, attrs: RULES, backend: tf.backend() }) as tf.Tensor;
}
