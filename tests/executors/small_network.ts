// A network small enough for cpu: a backbone that can be frozen, and a head.
import { tf } from "../../lib/deps/tfjs.ts";
import { GraphBuilder } from "../../lib/graph/builder.ts";
import type { Graph } from "../../lib/graph/graph.ts";
import { type NdArray, sizeOf } from "../../lib/numbers/nd_array.ts";
import { Random } from "../../lib/numbers/random.ts";
import { initialWeights } from "../../lib/weights/weight_map.ts";

const NORM = { epsilon: 1e-3, momentum: 0.9 } as const;

/** A batch norm that is fused with its relu6, one that is read twice, and a residual. */
export function smallGraph(): Graph {
  const builder = new GraphBuilder().part("backbone");
  const image = builder.add("input", "image", [], { channels: 3 });
  const stem = builder.add("conv", "stem", [image], {
    kernel: 3,
    filters: 6,
    stride: 2,
    padding: "same",
    bias: false,
  });
  const norm = builder.add("batchNorm", "stem_norm", [stem], NORM);
  const features = builder.add("relu6", "features", [norm], {});
  builder.part("head");
  const depthwise = builder.add("depthwiseConv", "head_dw", [features], {
    kernel: 3,
    stride: 1,
    padding: "same",
  });
  const normed = builder.add("batchNorm", "head_norm", [depthwise], NORM);
  const relu = builder.add("relu", "head_relu", [normed], {});
  const sum = builder.add("add", "sum", [normed, relu], {});
  const logits = builder.add("conv", "logits", [sum], {
    kernel: 1,
    filters: 2,
    stride: 1,
    padding: "same",
    bias: true,
  });
  return builder.finish({ score: builder.add("sigmoid", "score", [logits], {}) });
}

/** Weights of which none is 0 or 1 throughout, so that no mistake hides behind one. */
export function liveWeights(graph: Graph, seed = 1): Map<string, NdArray> {
  const random = new Random([seed, "live"]);
  return new Map([...initialWeights(graph, seed)].map(([name, { shape, data }]) => {
    const role = name.slice(name.lastIndexOf("/") + 1);
    const move = role.endsWith("kernel") ? 0 : 0.2;
    return [name, { shape, data: data.map((value) => value + move * random.uniform(-1, 1)) }];
  }));
}

/** Photos of random numbers in [-1, 1), `[batch, side, side, 3]`. */
export function noisePhotos(batch: number, side: number): NdArray {
  const random = new Random(["photos"]), shape = [batch, side, side, 3];
  return {
    shape,
    data: Float32Array.from({ length: sizeOf(shape) }, () => random.uniform(-1, 1)),
  };
}

/** Puts an array on the current device; the caller's to dispose. */
export function toTensor4d({ shape, data }: NdArray): tf.Tensor4D {
  return tf.tensor4d(data, shape as [number, number, number, number]);
}
